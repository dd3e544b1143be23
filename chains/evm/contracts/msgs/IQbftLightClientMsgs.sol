// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Messages of light clients that follow a QBFT chain
/// @notice Each is the canonical ABI encoding of one struct: what would decode to the same and is not it, is refused.
interface IQbftLightClientMsgs {
    /// @notice What was verified of a block, brought back: the client keeps its hash only.
    /// @param timestamp block time, UTC seconds
    /// @param stateRoot the block's state root
    /// @param storageRoot storage root of the followed account under it
    /// @param blockHash what the next block names as its parent
    /// @param validators the block's validators, in its header's order
    struct TrustedConsensus {
        uint64 timestamp;
        bytes32 stateRoot;
        bytes32 storageRoot;
        bytes32 blockHash;
        address[] validators;
    }

    /// @notice A header to take over.
    /// @param headerRlp as the chain has it, seals included
    /// @param trustedHeight height of the consensus state whose validators must vouch for it
    /// @param trusted that consensus state
    /// @param accountProof nodes from the header's state root to the followed account
    struct HeaderMsg {
        bytes headerRlp;
        uint64 trustedHeight;
        TrustedConsensus trusted;
        bytes[] accountProof;
    }

    /// @notice Two headers that cannot both be of one chain: different blocks of one height, a block that does not name
    ///         the one below it as its parent, or time that goes back.
    /// @param trustedHeight height of the consensus state that both build on
    /// @param trusted that consensus state
    /// @param headerA the one
    /// @param headerB the other
    struct EvidenceMsg {
        uint64 trustedHeight;
        TrustedConsensus trusted;
        bytes headerA;
        bytes headerB;
    }

    /// @notice A slot of the followed account's storage under a verified block.
    /// @param timestamp as in the consensus state at the proof's height
    /// @param stateRoot as there
    /// @param storageRoot as there
    /// @param blockHash as there
    /// @param validatorsHash keccak256 of its validators, each as a word
    /// @param storageProof nodes from the storage root to the slot
    struct StorageMsg {
        uint64 timestamp;
        bytes32 stateRoot;
        bytes32 storageRoot;
        bytes32 blockHash;
        bytes32 validatorsHash;
        bytes[] storageProof;
    }

    /// @notice A consensus state of the far ledger as a block of the hub shows it.
    /// @param hub header of the hub; the followed account is the hub's own light client of the far ledger
    /// @param headProof nodes to the slot that says whether that client is frozen
    /// @param ringProof nodes to the slot that keeps the far consensus state
    /// @param height height of the far ledger
    /// @param timestamp its time there, UTC seconds
    /// @param root root of its provable writes there
    struct HubMsg {
        HeaderMsg hub;
        bytes[] headProof;
        bytes[] ringProof;
        uint64 height;
        uint64 timestamp;
        bytes32 root;
    }
}
