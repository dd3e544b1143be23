// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {QbftErrors} from "../errors/QbftErrors.sol";
import {CompactSignature} from "./CompactSignature.sol";
import {StrictRlp} from "./StrictRlp.sol";

/// @title Headers of QBFT chains (Besu, GoQuorum)
/// @notice extraData is RLP[vanity32, [validators], vote, round, [seals]]. The block hash is taken with the round 0 and
///         no seals, so that one block has one hash whatever round decided it; a seal signs the header with its round
///         and no seals. 15 to 24 fields: those after the fifteenth are hashed as they came, and not read.
library QbftHeader {
    uint256 private constant MAX_HEADER_SIZE = 32 * 1024;
    uint256 private constant MIN_FIELDS = 15;
    uint256 private constant MAX_FIELDS = 24;
    uint256 private constant EXTRA_DATA = 12;
    uint256 private constant MAX_VALIDATORS = 255;
    uint256 private constant SEAL_SIZE = 65;
    uint256 private constant MAX_ROUND_SIZE = 4;
    uint256 private constant MAX_TRAILING_FIELD_SIZE = 32;
    uint256 private constant DIFFICULTY = 1;
    /// @dev "ctical byzantine fault tolerance": how blocks of this family mark themselves
    uint256 private constant MIX_HASH = 0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365;

    /// @param number block number
    /// @param timestamp UTC seconds
    /// @param stateRoot root of the state after the block
    /// @param parentHash identity of the block below
    /// @param blockHash the block's identity
    /// @param sealDigest what the seals sign
    /// @param proposer the coinbase
    /// @param validators the header's own set, in its order
    /// @param sealsAt where the list of seals' items begin in calldata
    /// @param sealsEnd where they end
    struct Header {
        uint64 number;
        uint64 timestamp;
        bytes32 stateRoot;
        bytes32 parentHash;
        bytes32 blockHash;
        bytes32 sealDigest;
        address proposer;
        address[] validators;
        uint256 sealsAt;
        uint256 sealsEnd;
    }

    /// @dev Where things stand in calldata.
    struct Places {
        uint256 bodyAt;
        uint256 bodyEnd;
        uint256 extraAt;
        uint256 extraPayload;
        uint256 extraNext;
    }

    /// @notice Two thirds, rounded up.
    function quorumOf(uint256 validators) internal pure returns (uint256) {
        return (2 * validators + 2) / 3;
    }

    /// @notice More than a third.
    function overlapOf(uint256 trusted) internal pure returns (uint256) {
        return trusted / 3 + 1;
    }

    /// @notice Reads a header strictly; no seal is looked at yet.
    function read(bytes calldata headerRlp) internal pure returns (Header memory header) {
        if (headerRlp.length > MAX_HEADER_SIZE) revert QbftErrors.QbftHeaderTooLong(headerRlp.length, MAX_HEADER_SIZE);
        Places memory places = _readFields(headerRlp, header);
        (uint256 position, uint256 end) = StrictRlp.listAt(places.extraPayload, places.extraNext);
        uint256 next = _readVanity(position, end);
        next = _readValidators(next, end, header);
        if (_bitOf(header.validators, header.proposer) == 0) revert QbftErrors.QbftProposerForeign(header.proposer);
        uint256 voteEnd = _readVote(next, end);
        uint256 roundEnd = _readRound(voteEnd, end);
        header.sealDigest = _hashWith(places, bytes.concat(StrictRlp.slice(position, roundEnd), hex"c0"));
        bool inRoundZero = StrictRlp.byteAt(voteEnd) == 0x80;
        header.blockHash = inRoundZero
            ? header.sealDigest
            : _hashWith(places, bytes.concat(StrictRlp.slice(position, voteEnd), hex"80c0"));
        bool isList;
        (header.sealsAt, header.sealsEnd, isList) = StrictRlp.item(roundEnd, end);
        if (!isList || header.sealsEnd != end) revert QbftErrors.QbftExtraDataInvalid(4);
    }

    /// @notice Checks that a quorum of the header's own validators sealed it, among them more than a third of the
    ///         trusted ones, and that every seal counts: an honest block has no other.
    function checkSeals(Header memory header, address[] calldata trusted) internal view {
        uint256 signers;
        uint256 count;
        for (uint256 cursor = header.sealsAt; cursor < header.sealsEnd; ++count) {
            if (count == MAX_VALIDATORS) revert QbftErrors.QbftExtraDataInvalid(4);
            (uint256 payload, uint256 next) = StrictRlp.stringAt(cursor, header.sealsEnd);
            address signer = _signerOf(header.sealDigest, payload, next - payload);
            uint256 bit = _bitOf(header.validators, signer);
            if (bit == 0) revert QbftErrors.QbftSealForeign(count, signer);
            if (signers & bit != 0) revert QbftErrors.QbftSealDuplicate(count, signer);
            signers |= bit;
            cursor = next;
        }
        uint256 required = quorumOf(header.validators.length);
        if (count < required) revert QbftErrors.QbftQuorumNotReached(required, count);
        uint256 vouching;
        for (uint256 i = 0; i < trusted.length; ++i) {
            if (signers & _bitOf(header.validators, trusted[i]) != 0) ++vouching;
        }
        required = overlapOf(trusted.length);
        if (vouching < required) revert QbftErrors.QbftOverlapTooSmall(required, vouching);
    }

    // ----------------------------------------------------------------------------------------------------- reading

    function _readFields(bytes calldata headerRlp, Header memory header) private pure returns (Places memory places) {
        (uint256 cursor, uint256 end) = StrictRlp.listOf(headerRlp);
        (places.bodyAt, places.bodyEnd) = (cursor, end);
        uint256 index;
        for (; cursor < end; ++index) {
            (uint256 payload, uint256 next) = StrictRlp.stringAt(cursor, end);
            if (index == EXTRA_DATA) (places.extraAt, places.extraPayload, places.extraNext) = (cursor, payload, next);
            else _readField(index, payload, next - payload, header);
            cursor = next;
        }
        if (index < MIN_FIELDS || index > MAX_FIELDS) revert QbftErrors.QbftFieldCountInvalid(index);
    }

    function _readField(uint256 index, uint256 payload, uint256 size, Header memory header) private pure {
        uint256 fixedSize = _fixedSizeOf(index);
        bool ok = index < MIN_FIELDS ? fixedSize == 0 || size == fixedSize : size <= MAX_TRAILING_FIELD_SIZE;
        if (index == 7) ok = ok && StrictRlp.byteAt(payload) == DIFFICULTY;
        if (index == 13) ok = ok && StrictRlp.wordAt(payload) == MIX_HASH;
        if (!ok) revert QbftErrors.QbftFieldInvalid(index);
        if (index == 0) header.parentHash = bytes32(StrictRlp.wordAt(payload));
        if (index == 2) header.proposer = address(uint160(StrictRlp.wordAt(payload) >> 96));
        if (index == 3) header.stateRoot = bytes32(StrictRlp.wordAt(payload));
        if (index > 7 && index < EXTRA_DATA) {
            uint64 number = uint64(StrictRlp.uintAt(payload, size, 8));
            if (index == 8) header.number = number;
            if (index == 11) header.timestamp = number;
        }
    }

    /// @dev Size of a field that has only one, 0 for others.
    function _fixedSizeOf(uint256 index) private pure returns (uint256) {
        if (index == 2) return 20;
        if (index == 6) return 256;
        if (index == 7) return 1;
        if (index == 14) return 8;
        return index < 6 || index == 13 ? 32 : 0;
    }

    function _readVanity(uint256 position, uint256 end) private pure returns (uint256 next) {
        uint256 payload;
        (payload, next) = StrictRlp.stringAt(position, end);
        if (next - payload != 32) revert QbftErrors.QbftExtraDataInvalid(0);
    }

    function _readValidators(uint256 position, uint256 end, Header memory header) private pure returns (uint256) {
        (uint256 cursor, uint256 next, bool isList) = StrictRlp.item(position, end);
        if (!isList) revert QbftErrors.QbftExtraDataInvalid(1);
        // an address takes 21 bytes: what is no multiple is found below
        uint256 count = (next - cursor) / 21;
        if (count == 0 || count > MAX_VALIDATORS) revert QbftErrors.QbftValidatorsInvalid(count);
        address[] memory validators = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            (uint256 payload, uint256 following) = StrictRlp.stringAt(cursor, next);
            address validator = address(uint160(StrictRlp.wordAt(payload) >> 96));
            if (following - payload != 20 || validator == address(0) || _bitOf(validators, validator) != 0) {
                revert QbftErrors.QbftValidatorsInvalid(i);
            }
            validators[i] = validator;
            cursor = following;
        }
        if (cursor != next) revert QbftErrors.QbftValidatorsInvalid(count);
        header.validators = validators;
        return next;
    }

    /// @dev No vote is an empty list; a vote is an address, and ff to add or 00 or nothing to drop.
    function _readVote(uint256 position, uint256 end) private pure returns (uint256) {
        (uint256 cursor, uint256 next, bool isList) = StrictRlp.item(position, end);
        if (!isList) revert QbftErrors.QbftExtraDataInvalid(2);
        if (cursor == next) return next;
        (uint256 payload, uint256 following) = StrictRlp.stringAt(cursor, next);
        bool isAddress = following - payload == 20;
        (payload, following) = StrictRlp.stringAt(following, next);
        uint256 size = following - payload;
        uint256 value = StrictRlp.byteAt(payload);
        bool isValue = size == 0 || (size == 1 && (value == 0xff || value == 0));
        if (!isAddress || !isValue || following != next) revert QbftErrors.QbftExtraDataInvalid(2);
        return next;
    }

    function _readRound(uint256 position, uint256 end) private pure returns (uint256) {
        (uint256 payload, uint256 next) = StrictRlp.stringAt(position, end);
        StrictRlp.uintAt(payload, next - payload, MAX_ROUND_SIZE);
        return next;
    }

    /// @dev Hash of the header with other items in extraData.
    function _hashWith(Places memory places, bytes memory items) private pure returns (bytes32) {
        bytes memory list = bytes.concat(StrictRlp.prefix(items.length, 0xc0), items);
        // vanity alone takes more than the one byte that would stand for itself
        bytes memory body = bytes.concat(
            StrictRlp.slice(places.bodyAt, places.extraAt),
            StrictRlp.prefix(list.length, 0x80),
            list,
            StrictRlp.slice(places.extraNext, places.bodyEnd)
        );
        return keccak256(bytes.concat(StrictRlp.prefix(body.length, 0xc0), body));
    }

    // ------------------------------------------------------------------------------------------------------- seals

    /// @dev Who made a seal `r | s | v`, v 0 or 1, s low; zero if nobody can have.
    function _signerOf(bytes32 digest, uint256 position, uint256 size) private view returns (address) {
        uint256 s = StrictRlp.wordAt(position + 32);
        uint256 v = StrictRlp.byteAt(position + 64);
        if (size != SEAL_SIZE || v > 1 || s >> 255 != 0) return address(0);
        return CompactSignature.recover(digest, bytes32(StrictRlp.wordAt(position)), bytes32(s | (v << 255)));
    }

    /// @dev The bit of somebody's place in a set, 0 for who is not in it; nobody's place is not counted.
    function _bitOf(address[] memory validators, address who) private pure returns (uint256) {
        if (who == address(0)) return 0;
        for (uint256 i = 0; i < validators.length; ++i) {
            if (validators[i] == who) return 1 << i;
        }
        return 0;
    }
}
