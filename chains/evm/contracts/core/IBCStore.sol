// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIBCStore} from "../interfaces/IIBCStore.sol";

/// @title The provable store
/// @notice One mapping at the published ERC-7201 slot holds every packet commitment, receipt and acknowledgement: a
///         light client elsewhere needs this contract's address and this slot to prove any of them.
abstract contract IBCStore is IIBCStore {
    /// @custom:storage-location erc7201:ibc.storage.IBCStore
    struct IBCStoreStorage {
        /// @dev keccak256(path) => commitment
        mapping(bytes32 hashedPath => bytes32 commitment) commitments;
        /// @dev client id => sequence of the last packet sent
        mapping(string clientId => uint64 sequence) lastSequenceSent;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("ibc.storage.IBCStore")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant IBC_STORE_SLOT = 0x1260944489272988d9df285149b5aa1b0f48f2136d6f416159f840a3e0747600;

    /// @inheritdoc IIBCStore
    function getCommitment(bytes32 hashedPath) external view returns (bytes32) {
        return _ibcStore().commitments[hashedPath];
    }

    function _ibcStore() internal pure returns (IBCStoreStorage storage store) {
        assembly ("memory-safe") {
            store.slot := IBC_STORE_SLOT
        }
    }
}
