// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title Who may do what on the router, and that nobody does two things at a time
/// @notice A role whose members include the zero address is open to everybody.
/// @dev Every message needs to know whether the router is entered and whether relaying is open. Both stand in one slot:
///      OpenZeppelin's guard and a look at the role would cost each transaction another cold slot.
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

    /// @dev Always set, so that the slot is never zero: a slot that becomes non-zero costs seven times as much.
    uint256 private constant PRESENT = 1;
    uint256 private constant ENTERED = 2;
    /// @dev EVERYBODY has the relayer role.
    uint256 private constant RELAYING_OPEN = 4;

    uint256 private _gate = PRESENT;

    /// @notice A guarded function was called while another runs. OpenZeppelin's name for it.
    error ReentrancyGuardReentrantCall();

    modifier onlyRoleOrOpen(bytes32 role) {
        if (!hasRole(role, EVERYBODY)) _checkRole(role);
        _;
    }

    /// @dev Nothing guarded runs inside.
    modifier guarded() {
        _enter();
        _;
        _leave();
    }

    /// @dev Guarded, and for relayers only.
    modifier relayed() {
        _enterAsRelayer();
        _;
        _leave();
    }

    /// @dev For relayers only, and not while anything guarded runs. What changes nothing here need not keep others out.
    modifier passing() {
        uint256 gate = _gate;
        if (gate & ENTERED != 0) revert ReentrancyGuardReentrantCall();
        if (gate & RELAYING_OPEN == 0) _checkRole(RELAYER_ROLE);
        _;
    }

    function _grantRole(bytes32 role, address account) internal override returns (bool granted) {
        granted = super._grantRole(role, account);
        if (role == RELAYER_ROLE && account == EVERYBODY) _gate |= RELAYING_OPEN;
    }

    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (role == RELAYER_ROLE && account == EVERYBODY) _gate &= ~RELAYING_OPEN;
    }

    function _enterAsRelayer() internal {
        if (_enter() & RELAYING_OPEN == 0) _checkRole(RELAYER_ROLE);
    }

    function _enter() private returns (uint256 gate) {
        gate = _gate;
        if (gate & ENTERED != 0) revert ReentrancyGuardReentrantCall();
        _gate = gate | ENTERED;
    }

    /// @dev Reads the slot again: roles may have changed meanwhile.
    function _leave() internal {
        _gate &= ~ENTERED;
    }
}
