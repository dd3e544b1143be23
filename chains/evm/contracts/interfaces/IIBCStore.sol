// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The provable store of the router
interface IIBCStore {
    /// @param hashedPath keccak256 of an ICS-24 path
    /// @return the commitment, 0 if there is none
    function getCommitment(bytes32 hashedPath) external view returns (bytes32);
}
