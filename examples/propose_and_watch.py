"""Two platforms settle a trade on a devnet: propose, affirm, authorise, earmark, and watch it to its end.

    python examples/propose_and_watch.py --dir .devnet

Each side uses its own certificate. On a devnet both keys are at hand; in production each half runs at its own platform.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import uuid
from pathlib import Path

from crossdvp.sdk import Gateway, SettlementState, SettlementTerms, Side, Tls

from relayer.devnet.chain_access import ledger_client
from relayer.devnet.layout import DevnetState, read_state
from relayer.devnet.trading import TradePlan, earmark, plan_terms

ENDS = {
    SettlementState.SETTLEMENT_STATE_SETTLED,
    SettlementState.SETTLEMENT_STATE_RETURNED,
    SettlementState.SETTLEMENT_STATE_CANCELLED,
}


def platform(directory: Path, state: DevnetState, broker: str) -> Gateway:
    """A broker's platform at the gateway."""
    network = directory / "network"
    tls = Tls.from_files(
        network / "authority.pem", network / broker / "certificate.pem", network / broker / "private-key.pem"
    )
    return Gateway.connect(state.gateway.target, tls)


async def authorise(directory: Path, state: DevnetState, terms: SettlementTerms) -> None:
    """The buyer's word at his custodian node, without which no cash is locked."""
    custodian = ledger_client(directory, state.nodes[state.buyer.node], state.buyer.broker)
    await custodian.authorise_trade(str(uuid.uuid4()), terms)
    await custodian.close()


async def settle(directory: Path) -> int:
    """The whole of it; 0 if security and cash have changed hands."""
    state = read_state(directory)
    terms = plan_terms(directory, state, TradePlan(quantity=1, amount_yen=100_000, lock_in_s=60, settle_in_s=120))
    async with (
        platform(directory, state, state.seller.broker) as seller,
        platform(directory, state, state.buyer.broker) as buyer,
    ):
        proposed = await seller.propose(Side.SELLER, terms, reference="example")
        print(f"proposed {proposed.name}")
        await buyer.affirm(proposed.name, terms)
        await authorise(directory, state, terms)
        await earmark(directory, state, terms)
        async for event in seller.watch(proposed.name):
            settlement = event.settlement
            print(f"{event.resume_token} {SettlementState.Name(settlement.state)} {settlement.waiting.what}".rstrip())
            if settlement.state in ENDS:
                return 0 if settlement.state == SettlementState.SETTLEMENT_STATE_SETTLED else 1
    return 1


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path(".devnet"), help="directory of the devnet")
    return asyncio.run(settle(parser.parse_args().dir))


if __name__ == "__main__":
    sys.exit(main())
