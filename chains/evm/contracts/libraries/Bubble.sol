// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Reverting with an error that is already encoded
/// @dev Plain Solidity reverts with errors it knows by name only; there is no reference to compare with.
library Bubble {
    /// @notice Reverts with `encoded`, unless it is empty.
    function ifAny(bytes memory encoded) internal pure {
        if (encoded.length == 0) return;
        assembly ("memory-safe") {
            revert(add(encoded, 32), mload(encoded))
        }
    }
}
