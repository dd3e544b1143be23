// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvpApp} from "chains/evm/contracts/interfaces/IDvpApp.sol";

/// @title A contract that shows any earmark and claims any delivery
contract RogueAdapter {
    bytes32 private constant STORAGE_SLOT = 0xe244dbc3fb6c8375bfda661893256341c1aca98e8f7e69811a70d9785827f100;

    bool public called;

    function pretend(bytes32 tradeId, bytes32 termsHash) external {
        bytes32 slot = keccak256(abi.encode(tradeId, STORAGE_SLOT));
        assembly {
            sstore(slot, termsHash)
        }
    }

    function deliver(IDvpApp.Terms calldata, bytes32) external {
        called = true;
    }
}
