// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Which adapters an app makes new earmarks with
/// @notice Asked when an earmark is made only. What an adapter holds it delivers or gives back, listed or not.
interface IAdapterList {
    /// @notice The adapter can hold new earmarks from `usableFrom` on, UTC seconds.
    event AdapterListed(address indexed adapter, uint256 usableFrom);
    /// @notice The adapter holds no new earmarks any more.
    event AdapterRetired(address indexed adapter);

    /// @notice The adapter is not on the list, or not usable before `usableFrom` (0: not listed).
    error DvpAdapterNotUsable(address adapter, uint256 usableFrom, uint256 blockTimestamp);
    /// @notice The adapter is on the list already.
    error DvpAdapterListed(address adapter, uint256 usableFrom);

    /// @notice Puts an adapter on the list, usable after the delay. Only the owner.
    /// @param adapter made for this app
    function listAdapter(address adapter) external;

    /// @notice Takes an adapter off the list, at once. Only the owner.
    /// @param adapter listed before
    function retireAdapter(address adapter) external;

    /// @param adapter contract
    /// @return UTC seconds from which it can hold new earmarks, 0 if it is not listed
    function usableFrom(address adapter) external view returns (uint256);
}
