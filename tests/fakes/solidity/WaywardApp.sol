// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIBCApp} from "chains/evm/contracts/interfaces/IIBCApp.sol";
import {IICS26Router} from "chains/evm/contracts/interfaces/IICS26Router.sol";
import {IIBCAppCallbacks} from "chains/evm/contracts/msgs/IIBCAppCallbacks.sol";
import {IICS26RouterMsgs} from "chains/evm/contracts/msgs/IICS26RouterMsgs.sol";

/// @title An app that does to its router whatever a test tells it to
contract WaywardApp is IIBCApp {
    enum Mood {
        Answers,
        AnswersNothing,
        AnswersUniversalError,
        RevertsWithReason,
        RevertsWithoutData,
        BurnsAllGas,
        Reenters,
        AnswersHugely,
        RevertsHugely
    }

    error Refused(uint64 sequence);

    event Acknowledged(uint64 sequence, bytes acknowledgement);
    event TimedOut(uint64 sequence);

    IICS26Router public immutable ROUTER;
    Mood public mood;
    bytes public reentrantCall;
    uint256 public received;

    constructor(address router) {
        ROUTER = IICS26Router(router);
    }

    function setMood(Mood mood_, bytes calldata reentrantCall_) external {
        mood = mood_;
        reentrantCall = reentrantCall_;
    }

    function send(string calldata sourceClient, uint64 timeout, IICS26RouterMsgs.Payload calldata payload) external {
        ROUTER.sendPacket(IICS26RouterMsgs.MsgSendPacket(sourceClient, timeout, payload));
    }

    function onRecvPacket(IIBCAppCallbacks.OnRecvPacketCallback calldata msg_) external returns (bytes memory) {
        ++received;
        if (mood == Mood.AnswersNothing) return "";
        if (mood == Mood.AnswersHugely) return new bytes(256 * 1024 + 33);
        if (mood == Mood.RevertsHugely) {
            bytes memory reason = bytes.concat(Refused.selector, new bytes(100_000));
            assembly {
                revert(add(reason, 32), mload(reason))
            }
        }
        if (mood == Mood.AnswersUniversalError) return abi.encode(sha256("UNIVERSAL_ERROR_ACKNOWLEDGEMENT"));
        _behave(msg_.sequence);
        return "well received";
    }

    function onAcknowledgementPacket(IIBCAppCallbacks.OnAcknowledgementPacketCallback calldata msg_) external {
        _behave(msg_.sequence);
        emit Acknowledged(msg_.sequence, msg_.acknowledgement);
    }

    function onTimeoutPacket(IIBCAppCallbacks.OnTimeoutPacketCallback calldata msg_) external {
        _behave(msg_.sequence);
        emit TimedOut(msg_.sequence);
    }

    function _behave(uint64 sequence) private {
        if (mood == Mood.RevertsWithReason) revert Refused(sequence);
        if (mood == Mood.RevertsWithoutData) {
            assembly {
                revert(0, 0)
            }
        }
        if (mood == Mood.BurnsAllGas) {
            assembly {
                invalid()
            }
        }
        if (mood == Mood.Reenters) {
            (bool ok, bytes memory data) = address(ROUTER).call(reentrantCall);
            if (!ok) {
                assembly {
                    revert(add(data, 32), mload(data))
                }
            }
        }
    }
}
