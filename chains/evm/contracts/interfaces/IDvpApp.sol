// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IICS02ClientMsgs} from "../msgs/IICS02ClientMsgs.sol";
import {IICS26RouterMsgs} from "../msgs/IICS26RouterMsgs.sol";

/// @title Delivery versus payment, security side
/// @notice Cash leads: the seller earmarks; the packet of a cash lock on the ledger delivers to the buyer; expiry, a refusal
///         of that packet, or a proof that the trade was cancelled on the ledger gives back. Securities lead: the seller
///         earmarks and sends the packet; its acknowledgement delivers or gives back, its time-out gives back. Nothing
///         else moves an earmarked token. The tokens are held by the adapter that the terms name.
interface IDvpApp {
    /// @notice Terms of a settlement as both ledgers hash them. The wire value of the packet is their ABI encoding.
    /// @param tradeId never reused, not even after a failure
    /// @param token the security token
    /// @param adapter who holds the tokens and the earmark
    /// @param quantity units of the token
    /// @param seller gives the tokens
    /// @param buyer gets the tokens
    /// @param cashHash salted hash of the cash leg
    /// @param window lead leg << 128 | lock-by << 64 | settle-by, UTC seconds
    struct Terms {
        bytes32 tradeId;
        address token;
        address adapter;
        uint256 quantity;
        address seller;
        address buyer;
        bytes32 cashHash;
        uint256 window;
    }

    /// @notice The seller's tokens are held for this trade. All eight words of the terms are here.
    event Earmarked(
        bytes32 indexed tradeId,
        address indexed token,
        address indexed seller,
        address adapter,
        address buyer,
        uint256 quantity,
        bytes32 cashHash,
        uint256 window,
        bytes32 termsHash
    );
    /// @notice The tokens are held, and the packet that asks the ledger for the cash is under way.
    event PacketSent(bytes32 indexed tradeId, bytes32 termsHash, uint64 sequence);
    /// @notice The buyer has the tokens.
    event Delivered(bytes32 indexed tradeId, bytes32 termsHash);
    /// @notice The seller has the tokens back.
    event Released(bytes32 indexed tradeId, bytes32 termsHash);

    /// @notice Only the router brings packets.
    error DvpCallerNotRouter(address expected, address found);
    /// @notice Only the seller earmarks.
    error DvpCallerNotSeller(address expected, address found);
    /// @notice The packet came over another client or from another counterparty.
    error DvpClientMismatch(string destinationClient, string sourceClient);
    /// @notice Ports, version or encoding are not those of this app.
    error DvpPayloadMismatch(string sourcePort, string destPort, string version, string encoding);
    /// @notice The value is not the encoding of terms.
    error DvpValueInvalid(uint256 expectedLength, uint256 foundLength);
    /// @notice An address of the value has dirty upper bytes.
    error DvpAddressInvalid(uint256 word);
    /// @notice A term is zero, or an account is one of the contracts involved.
    error DvpTermsInvalid();
    /// @notice The other leg leads in these terms.
    error DvpLeadLegInvalid(uint256 expected, uint256 found);
    /// @notice The trade id begins with the mark of ids that name their seller, and names another.
    error DvpTradeIdForeign(address expected, address found);
    /// @notice Lock-by is not before settle-by, or the time has passed.
    error DvpWindowInvalid(uint256 lockBy, uint256 settleBy, uint256 blockTimestamp);
    /// @notice The trade id was used before, with this adapter.
    error DvpTradeIdUsed(bytes32 tradeId, address adapter);
    /// @notice No earmark with these terms.
    error DvpEarmarkMismatch(bytes32 tradeId, bytes32 stored, bytes32 found);
    /// @notice The time to settle has passed.
    error DvpSettleByElapsed(uint256 settleBy, uint256 blockTimestamp);
    /// @notice The earmark cannot be taken back yet.
    error DvpReclaimTooEarly(uint256 earliest, uint256 blockTimestamp);
    /// @notice The router has not answered this very packet with an error.
    error DvpPacketNotRefused(uint64 sequence, bytes32 receipt, bytes32 acknowledgement);
    /// @notice The acknowledgement is neither the terms hash nor the universal error.
    error DvpAcknowledgementUnknown(bytes32 termsHash, bytes found);
    /// @notice The token refused without saying why.
    error DvpRefusedWithoutReason(address adapter, address token);
    /// @notice A simulated delivery went through (and was undone).
    error DvpDeliveryPossible();
    /// @notice Only the app itself simulates.
    error DvpCallerNotSelf(address found);

    /// @notice Holds the seller's tokens for a trade, cash leading. The caller is the seller, who has done what the adapter
    ///         needs before (an approval of the adapter, for an escrow).
    /// @param terms the trade
    function earmark(Terms calldata terms) external;

    /// @notice The same, for an adapter that needs more than the terms.
    /// @param terms the trade
    /// @param adapterData what the adapter asks for
    function earmark(Terms calldata terms, bytes calldata adapterData) external;

    /// @notice Holds the seller's tokens for a trade, securities leading, and sends the packet to the ledger. From here on
    ///         only the packet's acknowledgement or time-out moves them.
    /// @param terms the trade; its settle-by is the packet's time-out
    /// @return sequence of the packet
    function lockAndSend(Terms calldata terms) external returns (uint64 sequence);

    /// @notice The same, for an adapter that needs more than the terms.
    /// @param terms the trade
    /// @param adapterData what the adapter asks for
    /// @return sequence of the packet
    function lockAndSend(Terms calldata terms, bytes calldata adapterData) external returns (uint64 sequence);

    /// @notice Gives the tokens back to the seller once no packet can deliver them any more. Anybody may call.
    /// @param terms the trade
    function reclaim(Terms calldata terms) external;

    /// @notice Gives the tokens back to the seller because the trade was cancelled on the ledger. Anybody may call.
    /// @param terms the trade
    /// @param proof membership proof of the cancelled value at the trade's path
    /// @param proofHeight ledger height of the proof
    function releaseCancelled(Terms calldata terms, bytes calldata proof, IICS02ClientMsgs.Height calldata proofHeight)
        external;

    /// @notice Gives the tokens back to the seller because this chain has answered the trade's packet with an error: its
    ///         receipt stands, so it can never deliver any more. Anybody may call.
    /// @param terms the trade
    /// @param packet the packet that was refused
    function releaseRefused(Terms calldata terms, IICS26RouterMsgs.Packet calldata packet) external;

    /// @notice What would keep the tokens of the trade from going to the buyer now: on the arrival of the packet if cash
    ///         leads, on a successful acknowledgement (which stays deliverable for ever) if securities lead. Call it, do not
    ///         send it: nothing changes.
    /// @param terms the trade
    /// @return reason selector of the error, 0 if the delivery would go through
    /// @return evidence the error with its arguments
    function preflight(Terms calldata terms) external returns (bytes4 reason, bytes memory evidence);

    /// @param tradeId trade
    /// @return terms hash while earmarked, 1 once settled or released, 0 if never used
    function earmarkOf(bytes32 tradeId) external view returns (bytes32);

    /// @param tradeId trade
    /// @return the adapter that holds or held its tokens, 0 if the id was never used
    function adapterOf(bytes32 tradeId) external view returns (address);

    /// @param terms the trade
    /// @return hash that both ledgers compare
    function termsHashOf(Terms calldata terms) external view returns (bytes32);
}
