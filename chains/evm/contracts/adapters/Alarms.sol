// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A list of alarms that grows
library Alarms {
    /// @dev `items` has room for all; the first `count` are raised.
    struct List {
        bytes[] items;
        uint256 count;
    }

    /// @notice A list with room for `most` alarms.
    function roomFor(uint256 most) internal pure returns (List memory list) {
        list.items = new bytes[](most);
    }

    /// @notice Raises an alarm; an empty one says nothing and is left out.
    function raise(List memory list, bytes memory alarm) internal pure {
        if (alarm.length != 0) list.items[list.count++] = alarm;
    }

    /// @notice The alarms raised.
    function raised(List memory list) internal pure returns (bytes[] memory alarms) {
        alarms = new bytes[](list.count);
        for (uint256 i = 0; i < list.count; ++i) {
            alarms[i] = list.items[i];
        }
    }
}
