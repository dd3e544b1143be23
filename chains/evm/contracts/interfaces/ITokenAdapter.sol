// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvpApp} from "./IDvpApp.sol";

/// @title How one family of tokens is earmarked, delivered and given back
/// @notice Holds the earmark of each trade whose terms name it, in its own storage, where the ledger's proof reads it.
///         Changes anything only for its `DvpApp`, which has checked terms, packets, acknowledgements and times before.
/// @dev What cannot be done reverts; what a token refuses is the token's own error or one named here.
interface ITokenAdapter {
    /// @notice Only the app that the adapter was made for moves anything.
    error AdapterCallerNotApp(address expected, address found);
    /// @notice There is no code where the app or a contract of the token's family should be.
    error AdapterContractMissing(address found);
    /// @notice What goes with an earmark is not the encoding this adapter asks for.
    error AdapterDataInvalid(uint256 expectedLength, uint256 foundLength);
    /// @notice An amount moved that is not the amount asked for.
    error AdapterAmountMismatch(address token, address account, uint256 expected, uint256 found);
    /// @notice Terms of several tokens were given where one token's holding is compared.
    error AdapterTokensMixed(address expected, address found);
    /// @notice Interference: less is held than the open trades need.
    error AdapterShortfall(address token, address account, uint256 mustHold, uint256 holds);

    /// @notice Sets the seller's tokens aside for the trade and stores the earmark. Only the app calls.
    /// @param terms the trade, whose id was never used before
    /// @param termsHash hash of the terms
    /// @param data what the family needs besides the terms; empty for most
    function earmark(IDvpApp.Terms calldata terms, bytes32 termsHash, bytes calldata data) external;

    /// @notice Gives the buyer exactly the quantity and clears the earmark, or reverts. Only the app calls.
    /// @dev With less gas than `GAS_FLOOR` it reverts without data, which no caller takes for a refusal.
    /// @param terms the trade
    /// @param termsHash hash of the terms
    function deliver(IDvpApp.Terms calldata terms, bytes32 termsHash) external;

    /// @notice Gives the seller exactly the quantity back and clears the earmark, or reverts. Only the app calls.
    /// @param terms the trade
    /// @param termsHash hash of the terms
    function release(IDvpApp.Terms calldata terms, bytes32 termsHash) external;

    /// @return the family's name: `escrow`, `erc3643`, `erc7943`, `ibet-dvp`, `ibet-lock`
    function family() external pure returns (string memory);

    /// @param tradeId trade
    /// @return terms hash while earmarked here, 0 otherwise
    function earmarkOf(bytes32 tradeId) external view returns (bytes32);

    /// @param tradeId trade
    /// @return storage slot of the earmark in this contract, for storage proofs
    function earmarkSlot(bytes32 tradeId) external pure returns (bytes32);

    /// @notice What the family's own rules say would keep the buyer from getting the tokens now.
    /// @param terms the trade
    /// @return the error with its arguments, empty if the rules allow it
    function obstacle(IDvpApp.Terms calldata terms) external view returns (bytes memory);

    /// @notice Compares what must be held for open trades with what is held, and looks for what an issuer can do to them.
    /// @param open trades of one token; those not earmarked here (any more) do not count
    /// @return alarms each an error with its arguments
    function interference(IDvpApp.Terms[] calldata open) external view returns (bytes[] memory alarms);
}
