// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title Who may do what on the router
/// @notice A role whose members include the zero address is open to everybody.
abstract contract RouterAccess is AccessControl {
    /// @notice Receives, acknowledges and times packets out, and updates clients.
    bytes32 public constant RELAYER_ROLE = keccak256("crossdvp.role.RELAYER");
    /// @notice Registers light clients.
    bytes32 public constant CLIENT_REGISTRAR_ROLE = keccak256("crossdvp.role.CLIENT_REGISTRAR");
    /// @notice Replaces the light client behind a client id.
    bytes32 public constant CLIENT_MIGRATOR_ROLE = keccak256("crossdvp.role.CLIENT_MIGRATOR");
    /// @notice Binds apps to chosen ports.
    bytes32 public constant PORT_REGISTRAR_ROLE = keccak256("crossdvp.role.PORT_REGISTRAR");

    /// @dev The member that stands for everybody.
    address internal constant EVERYBODY = address(0);

    modifier onlyRoleOrOpen(bytes32 role) {
        if (!hasRole(role, EVERYBODY)) _checkRole(role);
        _;
    }
}
