// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Dynamic fields of a struct in calldata, each walked to once
/// @notice As strict as Solidity's own accessors (what does not lie in the calldata reverts without data), at a fraction
///         of their price: a packet has eight such fields, and every message of a batch reads them all.
/// @dev Solidity's accessors say the same plainly.
library CalldataFields {
    /// @notice A `string` or `bytes` field.
    /// @param base where the struct's head stands
    /// @param position of the field in the head, bytes
    function field(uint256 base, uint256 position) internal pure returns (bytes calldata content) {
        assembly ("memory-safe") {
            let offset := calldataload(add(base, position))
            let start := add(base, offset)
            content.offset := add(start, 32)
            content.length := calldataload(start)
            // neither sum can overflow below these bounds
            let sane := lt(or(offset, content.length), 0x100000000)
            if iszero(and(sane, iszero(gt(add(content.offset, content.length), calldatasize())))) { revert(0, 0) }
        }
    }

    /// @notice Where the head of a nested struct, or the count of a nested array, stands.
    /// @param base where the outer head stands
    /// @param position of the field in the head, bytes
    function nested(uint256 base, uint256 position) internal pure returns (uint256 start) {
        assembly ("memory-safe") {
            let offset := calldataload(add(base, position))
            start := add(base, offset)
            if iszero(and(lt(offset, 0x100000000), lt(start, calldatasize()))) { revert(0, 0) }
        }
    }
}
