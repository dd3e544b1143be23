// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Hashes of ICS-24 paths and of acknowledgements
/// @notice Where the store keeps what, without a copy of the path: keccak256(client id | tag | sequence).
/// @dev keccak256 of `ICS24Host`'s paths says the same plainly.
library PathHash {
    uint256 private constant COMMITMENT = 1;
    uint256 private constant RECEIPT = 2;
    uint256 private constant ACKNOWLEDGEMENT = 3;

    /// @notice Where the source's commitment stands.
    function commitment(string calldata clientId, uint64 sequence) internal pure returns (bytes32) {
        return _hash(clientId, COMMITMENT, sequence);
    }

    /// @notice Where the destination's receipt stands.
    function receipt(string calldata clientId, uint64 sequence) internal pure returns (bytes32) {
        return _hash(clientId, RECEIPT, sequence);
    }

    /// @notice Where the destination's acknowledgement stands.
    function acknowledgement(string calldata clientId, uint64 sequence) internal pure returns (bytes32) {
        return _hash(clientId, ACKNOWLEDGEMENT, sequence);
    }

    function _hash(string calldata clientId, uint256 tag, uint64 sequence) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            calldatacopy(scratch, clientId.offset, clientId.length)
            mstore(add(scratch, clientId.length), or(shl(248, tag), shl(184, sequence)))
            hash := keccak256(scratch, add(clientId.length, 9))
        }
    }
}
