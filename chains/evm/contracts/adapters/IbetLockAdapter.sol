// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {IIbetLockAdapter} from "../interfaces/IIbetLockAdapter.sol";
import {IIbetRules} from "../interfaces/IIbetRules.sol";
import {ITokenAdapter} from "../interfaces/ITokenAdapter.sol";
import {IIbetSecurityToken} from "../interfaces/external/IIbet.sol";
import {Bubble} from "../libraries/Bubble.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Alarms} from "./Alarms.sol";
import {IbetRules} from "./IbetRules.sol";
import {ListedTokens} from "./ListedTokens.sol";

/// @title ibet tokens locked to this contract by their holder
/// @notice The token keeps one sum per holder and lock address; this contract books it to trades, never more than is
///         locked. Unlocking asks no rule of the token, so the token's rules are asked here.
contract IbetLockAdapter is IIbetLockAdapter, IIbetRules, AdapterBase, ListedTokens {
    using Alarms for Alarms.List;
    using IbetRules for IIbetSecurityToken;

    /// @dev A few calls of the token and of the register of holders.
    uint256 private constant LEAST_GAS = 400_000;
    /// @dev Room for what concerns the token; each trade may add two.
    uint256 private constant MOST_TOKEN_ALARMS = 1;

    mapping(address token => mapping(address seller => uint256 units)) private _bookedOf;

    /// @param app the app whose earmarks are kept here
    /// @param owner keeps the list of tokens
    constructor(address app, address owner) AdapterBase(app, LEAST_GAS) ListedTokens(owner) {}

    // ------------------------------------------------------------------------------------------------------ holders

    /// @inheritdoc IIbetLockAdapter
    /// @dev Also for tokens that are not listed (any more): what was locked must not be lost.
    function unlockUnbooked(address token, uint256 quantity) external {
        _requireLocked(token, msg.sender, _bookedOf[token][msg.sender] + quantity);
        IIbetSecurityToken(token).unlock(msg.sender, msg.sender, quantity, "");
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITokenAdapter
    function family() external pure returns (string memory) {
        return "ibet-lock";
    }

    /// @inheritdoc IIbetLockAdapter
    function bookedOf(address token, address seller) external view returns (uint256) {
        return _bookedOf[token][seller];
    }

    /// @inheritdoc ITokenAdapter
    function obstacle(IDvpApp.Terms calldata terms) external view returns (bytes memory) {
        IIbetSecurityToken token = IIbetSecurityToken(terms.token);
        uint256 locked = token.lockedOf(address(this), terms.seller);
        if (locked < terms.quantity) {
            return abi.encodeWithSelector(IbetLockInsufficient.selector, token, terms.seller, terms.quantity, locked);
        }
        return _refusal(token, terms.buyer);
    }

    /// @inheritdoc ITokenAdapter
    function interference(IDvpApp.Terms[] calldata open) external view returns (bytes[] memory) {
        (address token_, uint256 mustHold) = _booked(open);
        if (mustHold == 0) return new bytes[](0);
        IIbetSecurityToken token = IIbetSecurityToken(token_);
        Alarms.List memory alarms = Alarms.roomFor(MOST_TOKEN_ALARMS + 2 * open.length);
        alarms.raise(_halted(token));
        for (uint256 i = 0; i < open.length; ++i) {
            if (!_isEarmarked(open[i])) continue;
            alarms.raise(_shortfall(token, open[i].seller));
            alarms.raise(token.unregistered(open[i].buyer));
        }
        return alarms.raised();
    }

    // ------------------------------------------------------------------------------------------------------- moves

    /// @inheritdoc AdapterBase
    function _setAside(IDvpApp.Terms calldata terms, bytes calldata data) internal override {
        _requireNoData(data);
        _requireListed(terms.token);
        uint256 booked = _bookedOf[terms.token][terms.seller] + terms.quantity;
        _requireLocked(terms.token, terms.seller, booked);
        _bookedOf[terms.token][terms.seller] = booked;
        Bubble.ifAny(_refusal(IIbetSecurityToken(terms.token), terms.buyer));
    }

    /// @inheritdoc AdapterBase
    function _giveToBuyer(IDvpApp.Terms calldata terms) internal override {
        Bubble.ifAny(_refusal(IIbetSecurityToken(terms.token), terms.buyer));
        _unlock(terms, terms.buyer);
    }

    /// @inheritdoc AdapterBase
    function _giveToSeller(IDvpApp.Terms calldata terms) internal override {
        _unlock(terms, terms.seller);
    }

    function _unlock(IDvpApp.Terms calldata terms, address to) private {
        IIbetSecurityToken token = IIbetSecurityToken(terms.token);
        _bookedOf[terms.token][terms.seller] -= terms.quantity;
        uint256 locked = token.lockedOf(address(this), terms.seller);
        uint256 before = token.balanceOf(to);
        if (locked < terms.quantity) {
            revert IbetLockInsufficient(terms.token, terms.seller, terms.quantity, locked);
        }
        token.unlock(terms.seller, to, terms.quantity, "");
        _requireChange(terms, to, before, token.balanceOf(to));
        _requireChange(terms, terms.seller, token.lockedOf(address(this), terms.seller), locked);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _requireChange(IDvpApp.Terms calldata terms, address account, uint256 less, uint256 more) private pure {
        if (more < less || more - less != terms.quantity) {
            revert AdapterAmountMismatch(terms.token, account, terms.quantity, more < less ? 0 : more - less);
        }
    }

    function _requireLocked(address token, address account, uint256 needed) private view {
        uint256 locked = IIbetSecurityToken(token).lockedOf(address(this), account);
        if (locked < needed) revert IbetLockInsufficient(token, account, needed, locked);
    }

    /// @dev The issuer can unlock or redeem by force what is booked here.
    function _shortfall(IIbetSecurityToken token, address seller) private view returns (bytes memory) {
        uint256 mustHold = _bookedOf[address(token)][seller];
        uint256 locked = token.lockedOf(address(this), seller);
        if (locked >= mustHold) return "";
        return abi.encodeWithSelector(AdapterShortfall.selector, token, seller, mustHold, locked);
    }

    function _halted(IIbetSecurityToken token) private view returns (bytes memory) {
        bytes memory halted = token.halted();
        if (halted.length != 0 || token.transferable()) return halted;
        return abi.encodeWithSelector(IbetNotTransferable.selector, token);
    }

    function _refusal(IIbetSecurityToken token, address buyer) private view returns (bytes memory) {
        bytes memory halted = _halted(token);
        return halted.length != 0 ? halted : token.unregistered(buyer);
    }
}
