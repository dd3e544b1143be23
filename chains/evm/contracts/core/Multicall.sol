// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Several calls in one transaction, all or none
/// @notice Each call runs on this contract as its caller; the first that reverts undoes all, with its reason.
/// @dev What batches are made of runs without a call of its own, and every call in the same memory: a batch of twenty
///      packets would otherwise pay for forty kilobytes and forty selectors.
abstract contract Multicall {
    /// @dev Result of a call that returns nothing.
    uint256 internal constant NOTHING = type(uint256).max;

    /// @notice Runs the calls in order.
    /// @param data calldata of each
    /// @return results what each returned
    function multicall(bytes[] calldata data) external returns (bytes[] memory results) {
        results = new bytes[](data.length);
        for (uint256 i = 0; i < data.length; ++i) {
            uint256 free = _freeMemory();
            (bool done, uint256 result) = _runDirectly(data[i]);
            if (!done) {
                results[i] = _callSelf(data[i]);
                continue;
            }
            // what it used is given back
            _giveBack(free);
            if (result != NOTHING) results[i] = abi.encode(result);
        }
    }

    /// @dev Runs a call of one kind or another exactly as if it had come alone.
    /// @return done false if the call is of none of those kinds
    /// @return result the word it returned, or `NOTHING`
    function _runDirectly(bytes calldata data) internal virtual returns (bool done, uint256 result);

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

    function _freeMemory() internal pure returns (uint256 free) {
        assembly ("memory-safe") {
            free := mload(0x40)
        }
    }

    /// @dev Nothing that was made since may be used after.
    function _giveBack(uint256 free) internal pure {
        assembly ("memory-safe") {
            mstore(0x40, free)
        }
    }
}
