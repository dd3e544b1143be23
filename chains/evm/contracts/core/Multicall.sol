// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Several calls in one transaction, all or none
/// @notice Each call runs on this contract as its caller; the first that reverts undoes all, with its reason.
/// @dev The calls' data share one piece of memory: a batch of twenty packets would otherwise pay for forty kilobytes.
abstract contract Multicall {
    /// @notice Runs the calls in order.
    /// @param data calldata of each
    /// @return results what each returned
    function multicall(bytes[] calldata data) external returns (bytes[] memory results) {
        results = new bytes[](data.length);
        for (uint256 i = 0; i < data.length; ++i) {
            results[i] = _callSelf(data[i]);
        }
    }

    function _callSelf(bytes calldata data) private returns (bytes memory result) {
        assembly ("memory-safe") {
            result := mload(0x40)
            calldatacopy(result, data.offset, data.length)
            let done := delegatecall(gas(), address(), result, data.length, 0, 0)
            let size := returndatasize()
            returndatacopy(add(result, 32), 0, size)
            if iszero(done) { revert(add(result, 32), size) }
            mstore(result, size)
            mstore(0x40, and(add(add(result, size), 63), not(31)))
        }
    }
}
