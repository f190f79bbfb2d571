"""Images reach systems that take other transfer syntaxes than they came in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from tests.system.appliance import Appliance
from tests.system.patience import until
from tests.system.peers import StoreScp, storescu

MADE = {"-xs": "dcmcjpeg", "-xt": "dcmcjpls", "-xr": "dcmcrle"}


@pytest.mark.parametrize("switch", sorted(MADE))
def test_a_destination_that_takes_implicit_only(
    shared_arca: Appliance, tmp_path: Path, switch: str
) -> None:
    if not all(map(shutil.which, ("storescu", "storescp", MADE[switch]))):
        pytest.skip("dcmtk is not here")
    original = str(get_testdata_file("CT_small.dcm"))
    compressed = tmp_path / "compressed.dcm"
    # Each a SOP instance of its own: what is stored already is not sent again.
    subprocess.run([MADE[switch], "+un", original, compressed], check=True)
    wanted = dcmread(compressed)
    with StoreScp(tmp_path / "scp", "+xi") as scp:
        name = f"plain{switch}"
        shared_arca.route(name, scp.port, when=f'SOPInstanceUID == "{wanted.SOPInstanceUID}"')
        assert storescu(shared_arca.port, [compressed], switch).returncode == 0
        until(lambda: [job["sent"] for job in shared_arca.queue(name)] == [1], 60, "it is sent")
        [received] = scp.folder.iterdir()
    found = dcmread(received)
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    assert np.array_equal(found.pixel_array, dcmread(original).pixel_array)
    assert found.PatientName == wanted.PatientName
