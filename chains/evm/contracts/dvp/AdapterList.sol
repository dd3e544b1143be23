// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IAdapterList} from "../interfaces/IAdapterList.sol";

/// @title Which adapters an app makes new earmarks with
/// @notice The owner adds with a delay, long enough for platforms to see it and refuse terms that name the newcomer. An
///         owner who renounces fixes the list for ever.
abstract contract AdapterList is IAdapterList, Ownable2Step {
    /// @notice Seconds between listing an adapter and its first earmark.
    uint256 public immutable LISTING_DELAY;

    /// @dev 0 if not listed
    mapping(address adapter => uint256 time) private _usableFrom;

    /// @param owner keeps the list
    /// @param listingDelay seconds between listing an adapter and its first earmark
    /// @param first adapters that are usable at once; they may be deployed later
    constructor(address owner, uint256 listingDelay, address[] memory first) Ownable(owner) {
        LISTING_DELAY = listingDelay;
        for (uint256 i = 0; i < first.length; ++i) {
            _list(first[i], block.timestamp);
        }
    }

    /// @inheritdoc IAdapterList
    function listAdapter(address adapter) external onlyOwner {
        if (adapter.code.length == 0) revert DvpAdapterNotUsable(adapter, 0, block.timestamp);
        if (_usableFrom[adapter] != 0) revert DvpAdapterListed(adapter, _usableFrom[adapter]);
        _list(adapter, block.timestamp + LISTING_DELAY);
    }

    /// @inheritdoc IAdapterList
    function retireAdapter(address adapter) external onlyOwner {
        if (_usableFrom[adapter] == 0) revert DvpAdapterNotUsable(adapter, 0, block.timestamp);
        delete _usableFrom[adapter];
        emit AdapterRetired(adapter);
    }

    /// @inheritdoc IAdapterList
    function usableFrom(address adapter) external view returns (uint256) {
        return _usableFrom[adapter];
    }

    function _requireUsable(address adapter) internal view {
        uint256 from = _usableFrom[adapter];
        if (from == 0 || block.timestamp < from) revert DvpAdapterNotUsable(adapter, from, block.timestamp);
    }

    function _list(address adapter, uint256 from) private {
        _usableFrom[adapter] = from;
        emit AdapterListed(adapter, from);
    }
}
