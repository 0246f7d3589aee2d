"""FASTA files."""

import gzip

import pysam
import pytest

from alignment_files import write_fasta
from kinescape.columns.reference import Reference, base_codes
from kinescape.errors import InputError


def test_letters_become_codes():
    assert base_codes("ACGTacgtNRY-").tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 4, 4, 4, 4]


def test_nothing_is_written_beside_the_file(tmp_path):
    path = write_fasta(tmp_path / "ref.fa", {"a": "ACGT", "b": "TTTNT"})
    with Reference(path) as reference:
        assert reference.codes("b", path).tolist() == [3, 3, 3, 4, 3]
    assert [file.name for file in tmp_path.iterdir()] == ["ref.fa"]


def test_bgzip_works_and_gzip_does_not(tmp_path):
    plain = write_fasta(tmp_path / "ref.fa", {"a": "ACGT" * 50})
    pysam.tabix_compress(str(plain), str(tmp_path / "ref.fa.gz"))
    with Reference(tmp_path / "ref.fa.gz") as reference:
        assert reference.codes("a", plain).size == 200
    (tmp_path / "gzip.fa.gz").write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(InputError, match="cannot be read as FASTA"):
        Reference(tmp_path / "gzip.fa.gz")


@pytest.mark.parametrize("content", ["", "no sequence here\n"])
def test_not_fasta(tmp_path, content, capfd):
    path = tmp_path / "ref.fa"
    path.write_text(content)
    with pytest.raises(InputError, match=r"cannot be read as FASTA|holds no sequence"):
        Reference(path)
    assert capfd.readouterr().err == ""


def test_missing(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        Reference(tmp_path / "none.fa")
    with pytest.raises(InputError, match="is not a file"):
        Reference(tmp_path)
