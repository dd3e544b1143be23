// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerklePatricia} from "chains/evm/contracts/libraries/MerklePatricia.sol";
import {QbftHeader} from "chains/evm/contracts/libraries/QbftHeader.sol";
import {StrictRlp} from "chains/evm/contracts/libraries/StrictRlp.sol";
import {MerklePatriciaReference} from "chains/evm/contracts/libraries/reference/MerklePatriciaReference.sol";
import {StrictRlpReference} from "chains/evm/contracts/libraries/reference/StrictRlpReference.sol";

/// @title Opens the libraries of tries and headers, and their plain references, to the tests
contract TrieProbe {
    function valueAt(bytes32 root, bytes calldata key, bytes[] calldata nodes) external pure returns (bytes memory) {
        return MerklePatricia.valueAt(root, key, nodes);
    }

    function valueAtPlain(bytes32 root, bytes calldata key, bytes[] calldata nodes)
        external
        pure
        returns (bytes memory)
    {
        return MerklePatriciaReference.valueAt(root, key, nodes);
    }

    function storageWord(bytes32 storageRoot, bytes32 slot, bytes[] calldata nodes) external pure returns (bytes32) {
        return MerklePatricia.storageWord(storageRoot, slot, nodes);
    }

    function storageRootOf(bytes32 stateRoot, address account, bytes[] calldata nodes)
        external
        pure
        returns (bytes32)
    {
        return MerklePatricia.storageRootOf(stateRoot, account, nodes);
    }

    function split(bytes calldata data) external pure returns (bytes[] memory items) {
        (uint256 position, uint256 end) = StrictRlp.listOf(data);
        items = new bytes[](data.length);
        uint256 count;
        for (; position < end; ++count) {
            (, uint256 next,) = StrictRlp.item(position, end);
            items[count] = StrictRlp.slice(position, next);
            position = next;
        }
        assembly ("memory-safe") {
            mstore(items, count)
        }
    }

    function splitPlain(bytes calldata data) external pure returns (bytes[] memory) {
        return StrictRlpReference.split(data);
    }

    function readHeader(bytes calldata headerRlp)
        external
        pure
        returns (
            uint64 number,
            uint64 timestamp,
            bytes32 stateRoot,
            bytes32 blockHash,
            bytes32 sealDigest,
            address[] memory validators
        )
    {
        QbftHeader.Header memory header = QbftHeader.read(headerRlp);
        return (
            header.number, header.timestamp, header.stateRoot, header.blockHash, header.sealDigest, header.validators
        );
    }

    function checkSeals(bytes calldata headerRlp, address[] calldata trusted) external view {
        QbftHeader.checkSeals(QbftHeader.read(headerRlp), trusted);
    }
}
