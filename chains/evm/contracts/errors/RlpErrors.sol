// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why RLP is refused
interface RlpErrors {
    /// @notice A list was to end here, and there is no item any more.
    error RlpItemMissing();
    /// @notice The bytes are not one list and nothing after it.
    error RlpListExpected(uint256 length);
    /// @notice A list stands where a byte string must.
    error RlpStringExpected();
    /// @notice An item reaches beyond the list it is in.
    error RlpItemTooLong(uint256 size, uint256 most);
    /// @notice A size is not in its shortest form, or a byte below 0x80 has a prefix.
    error RlpNotCanonical(uint256 found);
    /// @notice An integer is too long or begins with a zero byte.
    error RlpIntegerInvalid(uint256 size, uint256 most);
    /// @notice A byte string has another size than its place demands.
    error RlpSizeInvalid(uint256 expected, uint256 found);
}

/// @title Why a Merkle-Patricia proof is refused
interface MerklePatriciaErrors {
    /// @notice The key has more than 32 bytes.
    error MptKeyTooLong(uint256 length);
    /// @notice The proof has more nodes than the key can pass, or goes on after its end.
    error MptNodesSuperfluous(uint256 needed, uint256 found);
    /// @notice The proof stops before its end: this node is missing.
    error MptNodeMissing(bytes32 expected, uint256 found);
    /// @notice The node is larger than any there can be, or so small that it must stand in its parent.
    error MptNodeSizeInvalid(uint256 number, uint256 size);
    /// @notice The node is not the one its parent refers to.
    error MptNodeMismatch(uint256 number, bytes32 expected, bytes32 found);
    /// @notice A node has 17 items or 2.
    error MptNodeItemsInvalid(uint256 items);
    /// @notice The path is not hex-prefix encoded, or an extension's is empty.
    error MptPathInvalid(uint256 firstByte);
    /// @notice A child is neither 32 bytes nor a node of less than 32.
    error MptChildInvalid(uint256 size);
    /// @notice A leaf has an empty value.
    error MptValueEmpty();
    /// @notice An account has four fields.
    error MptAccountInvalid();
    /// @notice The state holds no account at the address.
    error MptAccountAbsent(address account);
    /// @notice A zero word is not stored.
    error MptWordZero();
}
