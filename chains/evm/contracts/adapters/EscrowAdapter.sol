// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {ITokenAdapter} from "../interfaces/ITokenAdapter.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Alarms} from "./Alarms.sol";
import {TokenEscrow} from "./TokenEscrow.sol";

/// @title Escrow for tokens that move like ERC-20
/// @notice Knows no rules of any token: whether a delivery would go through is found by trying it (`DvpApp.preflight`).
contract EscrowAdapter is TokenEscrow {
    /// @dev What an ordinary token's transfer and the rest of a receive take anyhow, so that it costs no relayer anything.
    uint256 private constant LEAST_GAS = 80_000;

    /// @param app the app whose earmarks are kept here
    constructor(address app) AdapterBase(app, LEAST_GAS) {}

    /// @inheritdoc ITokenAdapter
    function family() external pure returns (string memory) {
        return "escrow";
    }

    function _refusal(IDvpApp.Terms calldata) internal pure override returns (bytes memory) {
        return "";
    }

    function _raiseMore(Alarms.List memory, address, uint256) internal pure override {}
}
