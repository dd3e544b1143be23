// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Messages of the ICS-02 client registry
/// @notice Struct layouts are those of the published IBC v2 Solidity interfaces.
interface IICS02ClientMsgs {
    /// @notice What this chain knows about its counterparty.
    /// @param clientId identifier by which the counterparty names its light client of this chain
    /// @param merklePrefix key prefix under which the counterparty proves; the IBC key is appended to the last element
    struct CounterpartyInfo {
        string clientId;
        bytes[] merklePrefix;
    }

    /// @notice A height on the counterparty. Ledgers without revisions use revision number 0.
    /// @param revisionNumber revision of the chain
    /// @param revisionHeight height within the revision
    struct Height {
        uint64 revisionNumber;
        uint64 revisionHeight;
    }
}
