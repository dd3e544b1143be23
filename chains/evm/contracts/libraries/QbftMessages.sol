// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {QbftErrors} from "../errors/QbftErrors.sol";
import {IQbftLightClientMsgs} from "../msgs/IQbftLightClientMsgs.sol";

/// @title Messages of light clients that follow a QBFT chain, read where they lie in calldata
/// @dev The pointer is taken on trust and then proved good: the struct encodes again to exactly the bytes that came, so
///      it lies within them, whole and canonical. The encoder checks every offset and length that it follows.
library QbftMessages {
    /// @notice A header to take over.
    function header(bytes calldata data) internal pure returns (IQbftLightClientMsgs.HeaderMsg calldata message) {
        assembly ("memory-safe") {
            message := add(data.offset, 0x20)
        }
        _checkCanonical(data, abi.encode(message));
    }

    /// @notice Two headers that contradict each other.
    function evidence(bytes calldata data) internal pure returns (IQbftLightClientMsgs.EvidenceMsg calldata message) {
        assembly ("memory-safe") {
            message := add(data.offset, 0x20)
        }
        _checkCanonical(data, abi.encode(message));
    }

    /// @notice A slot under a verified block.
    function storageProof(bytes calldata data)
        internal
        pure
        returns (IQbftLightClientMsgs.StorageMsg calldata message)
    {
        assembly ("memory-safe") {
            message := add(data.offset, 0x20)
        }
        _checkCanonical(data, abi.encode(message));
    }

    /// @notice A far consensus state as a block of the hub shows it.
    function hub(bytes calldata data) internal pure returns (IQbftLightClientMsgs.HubMsg calldata message) {
        assembly ("memory-safe") {
            message := add(data.offset, 0x20)
        }
        _checkCanonical(data, abi.encode(message));
    }

    function _checkCanonical(bytes calldata data, bytes memory again) private pure {
        if (keccak256(again) != keccak256(data)) revert QbftErrors.QbftMessageMalformed(data.length);
    }
}
