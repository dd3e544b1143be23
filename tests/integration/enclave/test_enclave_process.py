"""The enclave as a process of its own: simulated hardware, real quotes, a socket between it and its relayer."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chains.rpc_status import RemoteCallerError, RemotePeerError, RemoteUnavailableError
from ibc.light_client import TimeBounds
from light_clients.enclave import UpdateStatement, decode_statement, statement_digest
from light_clients.enclave.keys import verify_attestation
from primitives.secp256k1 import recover_address
from relayer.enclave.app import serve
from relayer.enclave.client import RemoteEnclave
from relayer.enclave.measurement import program_measurement
from relayer.enclave.operator import answer_for
from relayer.enclave.simulation import SimulatedRoot
from relayer.peer_config import ConfigInvalid
from tests.fakes.enclave_world import ENCLAVES, PROGRAM, EnclaveScenario
from tests.fakes.qbft_client import ABSENT_PATH, PATH, VALUE, slot_of
from tests.fakes.qbft_headers import ROUTER

SCENARIO = EnclaveScenario()
OPERATOR = ENCLAVES[0]


@asynccontextmanager
async def running_enclave(folder: Path, root: SimulatedRoot) -> AsyncIterator[RemoteEnclave]:
    """A process serving on a socket in `folder`; ended when done."""
    (folder / "root.json").write_bytes(root.to_bytes())
    target = f"unix:{folder / 'enclave.sock'}"
    (folder / "enclave.toml").write_text(
        f'listen = "{target}"\noperator = "0x{OPERATOR.named.operator.hex()}"\n'
        'backend = "simulation"\nsimulated_root = "root.json"\n'
    )
    arguments = ("-m", "relayer.enclave", "--config", str(folder / "enclave.toml"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stderr=asyncio.subprocess.PIPE, env=os.environ | {"PYTHONPATH": ".:proto/gen"}
    )
    assert process.stderr is not None
    lines: list[str] = []
    while line := await asyncio.wait_for(process.stderr.readline(), 30):
        lines.append(line.decode())
        if "enclave serves" in lines[-1]:
            break
    else:
        raise AssertionError("".join(lines))
    assert any("SIMULATED" in line for line in lines)
    enclave = RemoteEnclave(target)
    try:
        yield enclave
    finally:
        await enclave.close()
        process.send_signal(signal.SIGTERM)
        await process.communicate()
        assert process.returncode == 0


async def test_a_process_attests_its_key_and_states_what_it_verified() -> None:
    root = SimulatedRoot.generate(int(time.time()))
    with tempfile.TemporaryDirectory() as folder:  # a socket's path must be short
        async with running_enclave(Path(folder), root) as enclave:
            identity = await enclave.identity()
            registration = answer_for(identity, root.collateral(int(time.time())), OPERATOR.operator_secret)
            attestation = verify_attestation(registration, {root.pin}, TimeBounds.at(int(time.time())))
            assert attestation.measurement == program_measurement()
            assert attestation.report_data[1:21] == identity.enclave_key

            stated, after = await enclave.update(SCENARIO.snapshot, SCENARIO.header)
            statement = decode_statement(stated.message)
            assert isinstance(statement, UpdateStatement)
            assert statement == SCENARIO.statement
            assert after == PROGRAM.update(SCENARIO.snapshot, SCENARIO.header).after
            assert recover_address(statement_digest(stated.message), stated.signature) == identity.enclave_key

            inner = SCENARIO.inner
            present = await enclave.membership(after, inner.proof(PATH), PATH, VALUE)
            absent = await enclave.membership(after, inner.proof(ABSENT_PATH), ABSENT_PATH, None)
            slot = slot_of(PATH)
            word = await enclave.storage(
                after, ROUTER, slot, inner.state.account_proof(), inner.state.storage_proof(slot)
            )
            for each in (present, absent, word):
                assert recover_address(statement_digest(each.message), each.signature) == identity.enclave_key

            with pytest.raises(RemotePeerError):
                await enclave.membership(after, inner.proof(PATH), PATH, bytes(32))
            with pytest.raises(RemotePeerError):
                await enclave.misbehaviour(SCENARIO.snapshot, SCENARIO.header)
            unknown = replace(SCENARIO.snapshot, client_type="nothing")
            with pytest.raises(RemoteCallerError):
                await enclave.update(unknown, SCENARIO.header)
        ended = RemoteEnclave(f"unix:{folder}/enclave.sock")
        with pytest.raises(RemoteUnavailableError):
            await ended.identity()
        await ended.close()


@pytest.mark.parametrize(
    "config",
    [
        'listen = "0.0.0.0:7000"\nbackend = "gramine"',
        'listen = "unix:/tmp/x"\nbackend = "simulation"',
        'listen = "unix:/tmp/x"\nbackend = "gramine"\nsimulated_root = "root.json"',
        'listen = "unix:/tmp/x"\nbackend = "gramine"\nallow_simulation = true',
    ],
)
async def test_a_configuration_that_is_not_local_or_mixes_backends_is_refused(tmp_path: Path, config: str) -> None:
    file = tmp_path / "enclave.toml"
    file.write_text(f'operator = "0x{OPERATOR.named.operator.hex()}"\n{config}\n')
    with pytest.raises(ConfigInvalid):
        await serve(file, asyncio.Event())
