// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvpApp} from "../interfaces/IDvpApp.sol";
import {IIbetDvpAdapter} from "../interfaces/IIbetDvpAdapter.sol";
import {IIbetRules} from "../interfaces/IIbetRules.sol";
import {ITokenAdapter} from "../interfaces/ITokenAdapter.sol";
import {IIbetDvp, IIbetDvpStorage, IIbetSecurityToken} from "../interfaces/external/IIbet.sol";
import {Bubble} from "../libraries/Bubble.sol";
import {AdapterBase} from "./AdapterBase.sol";
import {Alarms} from "./Alarms.sol";
import {IbetRules} from "./IbetRules.sol";
import {ListedTokens} from "./ListedTokens.sol";

/// @title ibet deliveries with this contract as their agent
/// @notice A delivery that the seller created and the buyer confirmed is the earmark: neither can cancel it any more, and
///         only the agent ends it. Bound to one exchange: any contract could claim to be another.
contract IbetDvpAdapter is IIbetDvpAdapter, IIbetRules, AdapterBase, ListedTokens {
    using Alarms for Alarms.List;
    using IbetRules for IIbetSecurityToken;

    struct Delivery {
        address token;
        address seller;
        address buyer;
        uint256 amount;
        address agent;
        bool confirmed;
        bool valid;
    }

    /// @notice The exchange whose deliveries are taken.
    IIbetDvp public immutable EXCHANGE;

    /// @dev The books are a contract behind the exchange, and the token is asked by both.
    uint256 private constant LEAST_GAS = 600_000;
    /// @dev One word: the delivery's id.
    uint256 private constant DATA_SIZE = 32;
    /// @dev Room for what concerns the token; each trade may add one.
    uint256 private constant MOST_TOKEN_ALARMS = 4;

    mapping(bytes32 tradeId => uint256 deliveryId) private _deliveryOf;
    mapping(uint256 deliveryId => bytes32 tradeId) private _tradeOf;

    /// @param app the app whose earmarks are kept here
    /// @param exchange the exchange whose deliveries are taken
    /// @param owner keeps the list of tokens
    constructor(address app, address exchange, address owner) AdapterBase(app, LEAST_GAS) ListedTokens(owner) {
        _requireCode(exchange);
        EXCHANGE = IIbetDvp(exchange);
    }

    // ------------------------------------------------------------------------------------------------------ parties

    /// @inheritdoc IIbetDvpAdapter
    function abandon(uint256 deliveryId) external {
        bytes32 tradeId = _tradeOf[deliveryId];
        if (tradeId != bytes32(0)) revert IbetDeliveryTaken(deliveryId, tradeId);
        Delivery memory delivery = _delivery(deliveryId);
        if (msg.sender != delivery.seller && msg.sender != delivery.buyer) {
            revert IbetCallerNotParty(deliveryId, msg.sender);
        }
        EXCHANGE.abortDelivery(deliveryId);
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ITokenAdapter
    function family() external pure returns (string memory) {
        return "ibet-dvp";
    }

    /// @inheritdoc IIbetDvpAdapter
    function deliveryOf(bytes32 tradeId) external view returns (uint256) {
        return _deliveryOf[tradeId];
    }

    /// @inheritdoc ITokenAdapter
    function obstacle(IDvpApp.Terms calldata terms) external view returns (bytes memory) {
        IIbetSecurityToken token = IIbetSecurityToken(terms.token);
        bytes memory gone = _gone(terms);
        if (gone.length != 0) return gone;
        bytes memory unbacked = _unbacked(token, terms.quantity);
        if (unbacked.length != 0) return unbacked;
        return _refusal(token, terms.buyer);
    }

    /// @inheritdoc ITokenAdapter
    function interference(IDvpApp.Terms[] calldata open) external view returns (bytes[] memory) {
        (address token_, uint256 mustHold) = _booked(open);
        if (mustHold == 0) return new bytes[](0);
        IIbetSecurityToken token = IIbetSecurityToken(token_);
        Alarms.List memory alarms = Alarms.roomFor(MOST_TOKEN_ALARMS + 2 * open.length);
        alarms.raise(_replaced(token));
        alarms.raise(token.halted());
        alarms.raise(_unbacked(token, mustHold));
        for (uint256 i = 0; i < open.length; ++i) {
            if (!_isEarmarked(open[i])) continue;
            alarms.raise(_gone(open[i]));
            alarms.raise(token.unregistered(open[i].buyer));
        }
        return alarms.raised();
    }

    // ------------------------------------------------------------------------------------------------------- moves

    /// @inheritdoc AdapterBase
    /// @dev Every term that the delivery knows must be that of the trade; the rest is the seller's word, who calls.
    function _setAside(IDvpApp.Terms calldata terms, bytes calldata data) internal override {
        _requireListed(terms.token);
        if (data.length != DATA_SIZE) revert AdapterDataInvalid(DATA_SIZE, data.length);
        uint256 deliveryId = uint256(bytes32(data));
        if (_tradeOf[deliveryId] != bytes32(0)) revert IbetDeliveryTaken(deliveryId, _tradeOf[deliveryId]);
        _tradeOf[deliveryId] = terms.tradeId;
        _deliveryOf[terms.tradeId] = deliveryId;
        Bubble.ifAny(_gone(terms));
        IIbetSecurityToken token = IIbetSecurityToken(terms.token);
        Bubble.ifAny(_unbacked(token, terms.quantity));
        Bubble.ifAny(_refusal(token, terms.buyer));
    }

    /// @inheritdoc AdapterBase
    /// @dev The exchange would finish for a buyer who then cannot withdraw: that is refused here.
    function _giveToBuyer(IDvpApp.Terms calldata terms) internal override {
        IIbetSecurityToken token = IIbetSecurityToken(terms.token);
        Bubble.ifAny(_unbacked(token, terms.quantity));
        Bubble.ifAny(_refusal(token, terms.buyer));
        uint256 before = EXCHANGE.balanceOf(terms.buyer, terms.token);
        EXCHANGE.finishDelivery(_deliveryOf[terms.tradeId]);
        _requireGain(terms.token, terms.buyer, before, terms.quantity);
    }

    /// @inheritdoc AdapterBase
    function _giveToSeller(IDvpApp.Terms calldata terms) internal override {
        uint256 before = EXCHANGE.balanceOf(terms.seller, terms.token);
        EXCHANGE.abortDelivery(_deliveryOf[terms.tradeId]);
        _requireGain(terms.token, terms.seller, before, terms.quantity);
    }

    // ---------------------------------------------------------------------------------------------------- internal

    function _requireGain(address token, address account, uint256 before, uint256 quantity) private view {
        uint256 found = EXCHANGE.balanceOf(account, token);
        if (found < before || found - before != quantity) {
            revert AdapterAmountMismatch(token, account, quantity, found < before ? 0 : found - before);
        }
    }

    function _delivery(uint256 deliveryId) private view returns (Delivery memory d) {
        (d.token, d.seller, d.buyer, d.amount, d.agent, d.confirmed, d.valid) = EXCHANGE.getDelivery(deliveryId);
    }

    /// @dev Whether the delivery behind the trade is (still) confirmed, open, and for these terms.
    function _gone(IDvpApp.Terms calldata terms) private view returns (bytes memory) {
        uint256 deliveryId = _deliveryOf[terms.tradeId];
        Delivery memory d = _delivery(deliveryId);
        bool equal = d.token == terms.token && d.seller == terms.seller && d.buyer == terms.buyer
            && d.amount == terms.quantity && d.agent == address(this);
        if (!equal) {
            return abi.encodeWithSelector(
                IbetDeliveryMismatch.selector, deliveryId, d.token, d.seller, d.buyer, d.amount, d.agent
            );
        }
        if (!d.confirmed || !d.valid) {
            return abi.encodeWithSelector(IbetDeliveryNotOpen.selector, deliveryId, d.confirmed, d.valid);
        }
        return "";
    }

    /// @dev The issuer can move tokens out of the exchange, whose books do not notice.
    function _unbacked(IIbetSecurityToken token, uint256 mustHold) private view returns (bytes memory) {
        uint256 holds = token.balanceOf(address(EXCHANGE));
        if (holds >= mustHold) return "";
        return abi.encodeWithSelector(AdapterShortfall.selector, token, EXCHANGE, mustHold, holds);
    }

    /// @dev Another exchange took over the books, or the issuer names another for its token.
    function _replaced(IIbetSecurityToken token) private view returns (bytes memory) {
        address latest = IIbetDvpStorage(EXCHANGE.storageAddress()).latestVersion();
        if (latest != address(EXCHANGE)) {
            return abi.encodeWithSelector(IbetExchangeReplaced.selector, EXCHANGE, latest);
        }
        address tradable = token.tradableExchange();
        if (tradable == address(EXCHANGE)) return "";
        return abi.encodeWithSelector(IbetExchangeReplaced.selector, EXCHANGE, tradable);
    }

    function _refusal(IIbetSecurityToken token, address buyer) private view returns (bytes memory) {
        bytes memory replaced = _replaced(token);
        if (replaced.length != 0) return replaced;
        bytes memory halted = token.halted();
        return halted.length != 0 ? halted : token.unregistered(buyer);
    }
}
