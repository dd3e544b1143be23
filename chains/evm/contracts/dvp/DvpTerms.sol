// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvpApp} from "../interfaces/IDvpApp.sol";

/// @title Settlement terms: decoding, hashing, reading the window
library DvpTerms {
    /// @notice Domain of the terms hash.
    bytes32 internal constant TERMS_TYPEHASH = keccak256("crossdvp.SettlementTerms.v1");
    /// @notice Lead leg of an encumbrance on the cash ledger.
    uint256 internal constant LEAD_CASH = 1;
    /// @notice Lead leg of tokens locked here.
    uint256 internal constant LEAD_SECURITIES = 2;
    /// @notice First four bytes of a trade id whose next twenty are its seller.
    bytes4 internal constant NAMES_SELLER = "dvp1";
    /// @notice Eight words.
    uint256 internal constant ENCODED_SIZE = 256;

    /// @notice Strict decoding: exactly eight words, clean addresses.
    function decode(bytes calldata value) internal pure returns (IDvpApp.Terms calldata terms) {
        if (value.length != ENCODED_SIZE) revert IDvpApp.DvpValueInvalid(ENCODED_SIZE, value.length);
        assembly ("memory-safe") {
            terms := value.offset
        }
        _checkAddress(value, 1);
        _checkAddress(value, 2);
        _checkAddress(value, 4);
        _checkAddress(value, 5);
    }

    /// @notice keccak256(abi.encode(TERMS_TYPEHASH, chain id, the eight words)).
    function hash(IDvpApp.Terms calldata terms) internal view returns (bytes32) {
        return keccak256(abi.encode(TERMS_TYPEHASH, block.chainid, terms));
    }

    /// @notice Terms that could never settle are refused before a token moves.
    /// @param lead the leg that must lead
    /// @dev A trade id may name its seller: then nobody else can use it up by being faster.
    function requireSettleable(IDvpApp.Terms calldata terms, uint256 lead) internal view {
        bool complete = terms.tradeId != bytes32(0) && terms.quantity != 0 && terms.buyer != address(0);
        if (!complete || terms.buyer == terms.seller || _isInvolved(terms, terms.buyer) || _isInvolved(terms, terms.seller)) {
            revert IDvpApp.DvpTermsInvalid();
        }
        if (bytes4(terms.tradeId) == NAMES_SELLER) {
            address named = address(bytes20(terms.tradeId << 32));
            if (named != terms.seller) revert IDvpApp.DvpTradeIdForeign(named, terms.seller);
        }
        requireLead(terms, lead);
        (uint256 lock, uint256 settle) = (lockBy(terms), settleBy(terms));
        if (lock >= settle || settle <= block.timestamp) {
            revert IDvpApp.DvpWindowInvalid(lock, settle, block.timestamp);
        }
    }

    /// @notice Reverts if another leg leads.
    function requireLead(IDvpApp.Terms calldata terms, uint256 lead) internal pure {
        uint256 found = leadLeg(terms);
        if (found != lead) revert IDvpApp.DvpLeadLegInvalid(lead, found);
    }

    /// @notice 1 cash, 2 securities; anything else is nothing.
    function leadLeg(IDvpApp.Terms calldata terms) internal pure returns (uint256) {
        return terms.window >> 128;
    }

    /// @notice UTC seconds until which the cash may be locked.
    function lockBy(IDvpApp.Terms calldata terms) internal pure returns (uint256) {
        return uint64(terms.window >> 64);
    }

    /// @notice UTC seconds before which the packet must arrive.
    function settleBy(IDvpApp.Terms calldata terms) internal pure returns (uint256) {
        return uint64(terms.window);
    }

    function _isInvolved(IDvpApp.Terms calldata terms, address account) private view returns (bool) {
        return account == address(this) || account == terms.adapter || account == terms.token;
    }

    function _checkAddress(bytes calldata value, uint256 word) private pure {
        if (uint256(bytes32(value[word * 32:])) >> 160 != 0) revert IDvpApp.DvpAddressInvalid(word);
    }
}
