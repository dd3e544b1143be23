// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC7943Fungible} from "../interfaces/IERC7943Fungible.sol";

/// @title Reference security token
/// @notice ERC-20 with the controls of ERC-7943: allow-list, frozen amounts, forced transfer; and a pause. Units are
///         whole (decimals 0), as registers of securities count.
/// @dev An escrow holds tokens for others, so it must be allowed like any other holder.
contract SecurityToken is ERC20, Pausable, AccessControl, IERC7943Fungible {
    /// @notice Issues and redeems.
    bytes32 public constant ISSUER_ROLE = keccak256("crossdvp.role.ISSUER");
    /// @notice Keeps the allow-list.
    bytes32 public constant REGISTRAR_ROLE = keccak256("crossdvp.role.REGISTRAR");
    /// @notice Freezes amounts and forces transfers.
    bytes32 public constant ENFORCER_ROLE = keccak256("crossdvp.role.ENFORCER");
    /// @notice Pauses and resumes.
    bytes32 public constant PAUSER_ROLE = keccak256("crossdvp.role.PAUSER");

    /// @dev One slot: a transfer reads the sender's allowance to hold and the frozen amount together.
    struct Account {
        bool allowed;
        uint248 frozen;
    }

    mapping(address account => Account) private _accounts;

    /// @notice The account entered the allow-list.
    event AccountAllowed(address indexed account);
    /// @notice The account left the allow-list.
    event AccountDisallowed(address indexed account);

    /// @notice A frozen amount is stored in 248 bits.
    error SecurityTokenFrozenAmountTooLarge(uint256 largest, uint256 found);

    /// @param name_ token name
    /// @param symbol_ token symbol
    /// @param admin gets every role, to hand on
    constructor(string memory name_, string memory symbol_, address admin) ERC20(name_, symbol_) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(ISSUER_ROLE, admin);
        _grantRole(REGISTRAR_ROLE, admin);
        _grantRole(ENFORCER_ROLE, admin);
        _grantRole(PAUSER_ROLE, admin);
    }

    // ----------------------------------------------------------------------------------------------------- issuing

    /// @notice Issues tokens to an allowed account.
    function mint(address to, uint256 amount) external onlyRole(ISSUER_ROLE) {
        _mint(to, amount);
    }

    /// @notice Redeems unfrozen tokens of an account.
    function burn(address from, uint256 amount) external onlyRole(ISSUER_ROLE) {
        _burn(from, amount);
    }

    // -------------------------------------------------------------------------------------------------- allow-list

    /// @notice Lets an account send and receive.
    function allow(address account) external onlyRole(REGISTRAR_ROLE) {
        _accounts[account].allowed = true;
        emit AccountAllowed(account);
    }

    /// @notice Keeps an account from sending and receiving. Its balance stays.
    function disallow(address account) external onlyRole(REGISTRAR_ROLE) {
        _accounts[account].allowed = false;
        emit AccountDisallowed(account);
    }

    // ------------------------------------------------------------------------------------------------- enforcement

    /// @notice Stops issues, redemptions and transfers; forced transfers go on.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Ends the pause.
    function unpause() external onlyRole(PAUSER_ROLE) {
        _unpause();
    }

    /// @inheritdoc IERC7943Fungible
    function setFrozenTokens(address account, uint256 amount) external onlyRole(ENFORCER_ROLE) returns (bool) {
        _setFrozen(account, amount);
        return true;
    }

    /// @inheritdoc IERC7943Fungible
    /// @dev Also while paused and from accounts that may not send; the receiver must be allowed.
    function forcedTransfer(address from, address to, uint256 amount)
        external
        onlyRole(ENFORCER_ROLE)
        returns (bool)
    {
        if (from == address(0)) revert ERC20InvalidSender(from);
        if (to == address(0)) revert ERC20InvalidReceiver(to);
        if (!canReceive(to)) revert ERC7943CannotReceive(to);
        uint256 balance = balanceOf(from);
        if (amount > balance) revert ERC20InsufficientBalance(from, balance, amount);
        // the standard wants the thaw announced before the transfer that needs it
        if (_accounts[from].frozen > balance - amount) _setFrozen(from, balance - amount);
        super._update(from, to, amount);
        emit ForcedTransfer(from, to, amount);
        return true;
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Whole units.
    function decimals() public pure override returns (uint8) {
        return 0;
    }

    /// @inheritdoc IERC7943Fungible
    function canSend(address account) public view returns (bool) {
        return _accounts[account].allowed;
    }

    /// @inheritdoc IERC7943Fungible
    function canReceive(address account) public view returns (bool) {
        return _accounts[account].allowed;
    }

    /// @inheritdoc IERC7943Fungible
    function getFrozenTokens(address account) external view returns (uint256) {
        return _accounts[account].frozen;
    }

    /// @inheritdoc IERC7943Fungible
    function canTransfer(address from, address to, uint256 amount) external view returns (bool) {
        return !paused() && canSend(from) && canReceive(to) && amount <= _unfrozen(_accounts[from], balanceOf(from));
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) public view override(AccessControl, IERC165) returns (bool) {
        return interfaceId == type(IERC7943Fungible).interfaceId || super.supportsInterface(interfaceId);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    /// @dev Every issue, redemption and ordinary transfer passes here.
    function _update(address from, address to, uint256 amount) internal override whenNotPaused {
        if (from != address(0)) {
            Account memory sender = _accounts[from];
            // an account that left the allow-list can still be redeemed
            if (!sender.allowed && to != address(0)) revert ERC7943CannotSend(from);
            if (sender.frozen != 0) _checkUnfrozen(from, sender, amount);
        }
        if (to != address(0) && !canReceive(to)) revert ERC7943CannotReceive(to);
        super._update(from, to, amount);
    }

    /// @dev A plain lack of balance is left to the base's own error.
    function _checkUnfrozen(address from, Account memory sender, uint256 amount) private view {
        uint256 balance = balanceOf(from);
        uint256 unfrozen = _unfrozen(sender, balance);
        if (amount <= balance && amount > unfrozen) revert ERC7943InsufficientUnfrozenBalance(from, amount, unfrozen);
    }

    function _setFrozen(address account, uint256 amount) private {
        if (amount > type(uint248).max) revert SecurityTokenFrozenAmountTooLarge(type(uint248).max, amount);
        _accounts[account].frozen = uint248(amount);
        emit Frozen(account, amount);
    }

    function _unfrozen(Account memory account, uint256 balance) private pure returns (uint256) {
        return account.frozen < balance ? balance - account.frozen : 0;
    }
}
