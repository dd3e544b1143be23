// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title ERC-7943 (uRWA) for fungible tokens
/// @notice Interface id 0x3edbb4c4. Asks whether accounts may hold and move a regulated token, and names the three acts
///         of its registrar: freeze, force a transfer, refuse.
interface IERC7943Fungible is IERC165 {
    /// @notice The registrar moved tokens without the holder's consent.
    event ForcedTransfer(address indexed from, address indexed to, uint256 amount);
    /// @notice The frozen amount of an account is now `amount`.
    event Frozen(address indexed account, uint256 amount);

    /// @notice The account may not send.
    error ERC7943CannotSend(address account);
    /// @notice The account may not receive.
    error ERC7943CannotReceive(address account);
    /// @notice The transfer breaks a rule that concerns neither account alone.
    error ERC7943CannotTransfer(address from, address to, uint256 amount);
    /// @notice The balance suffices, its unfrozen part does not.
    error ERC7943InsufficientUnfrozenBalance(address account, uint256 amount, uint256 unfrozen);

    /// @notice Moves tokens by the registrar's authority, out of frozen ones if need be.
    function forcedTransfer(address from, address to, uint256 amount) external returns (bool result);

    /// @notice Sets (does not add to) the frozen amount of an account; it may exceed the balance.
    function setFrozenTokens(address account, uint256 amount) external returns (bool result);

    /// @notice Whether the account as such may send.
    function canSend(address account) external view returns (bool allowed);

    /// @notice Whether the account as such may receive.
    function canReceive(address account) external view returns (bool allowed);

    /// @notice The frozen amount, which may exceed the balance.
    function getFrozenTokens(address account) external view returns (uint256 amount);

    /// @notice Whether this transfer is permitted now. Says nothing about allowances.
    function canTransfer(address from, address to, uint256 amount) external view returns (bool allowed);
}
