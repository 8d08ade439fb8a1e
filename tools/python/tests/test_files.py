"""Files and folders through a model: the same numbers as predict, and errors that name the file and row."""

import numpy as np
import pytest
from conftest import rows

import sluice
from sluice import errors


def test_kinds(gru, last, words, tmp_path):
    x = rows(30, 5)
    y = gru.predict(x)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "wide.npy", x.astype(np.float64))
    np.savez(tmp_path / "x.npz", a=x, b=x[:7])
    np.savetxt(tmp_path / "x.csv", x, delimiter=",", fmt="%.9g")
    for name in ("x.npy", "wide.npy", "x.csv"):
        for kind in ("npy", "csv"):
            assert sluice.score(gru, tmp_path / name, tmp_path / f"y.{kind}") == 30
            result = (
                np.load(tmp_path / "y.npy")
                if kind == "npy"
                else np.loadtxt(tmp_path / "y.csv", np.float32, delimiter=",", skiprows=1)
            )
            assert np.array_equal(result, y)
    assert sluice.score(gru, tmp_path / "x.npz", tmp_path / "y.npz") == 37
    with np.load(tmp_path / "y.npz") as result:
        assert np.array_equal(result["a"], y) and np.array_equal(result["b"], y[:7])
    np.save(tmp_path / "many.npy", rows(2, 3, 5))
    assert sluice.score(gru, tmp_path / "many.npy", tmp_path / "y.npy") == 6 and np.load(tmp_path / "y.npy").shape == (
        2,
        3,
        3,
    )
    np.save(tmp_path / "ids.npy", np.array([1, 2, 3]))
    assert sluice.score(words, tmp_path / "ids.npy", tmp_path / "y.npy") == 3 and np.load(tmp_path / "y.npy").shape == (
        3,
        1,
    )
    np.save(tmp_path / "last.npy", rows(9, 3))
    assert sluice.score(last, tmp_path / "last.npy", tmp_path / "y.csv") == 9
    assert len((tmp_path / "y.csv").read_text().splitlines()) == 2


def test_columns_by_name(named, tmp_path):
    x = rows(10, 3)
    np.savetxt(tmp_path / "x.csv", x[:, [2, 0, 1]], delimiter=",", fmt="%.9g", header='c,"a", b', comments="")
    sluice.score(named, tmp_path / "x.csv", tmp_path / "y.npy")
    assert np.array_equal(np.load(tmp_path / "y.npy"), named.predict(x))


def test_parquet(named, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    x = rows(10, 3)
    parquet.write_table(pyarrow.table({name: x[:, i] for i, name in enumerate("abc")}), tmp_path / "x.parquet")
    assert sluice.score(named, tmp_path / "x.parquet", tmp_path / "y.parquet") == 10
    assert np.array_equal(parquet.read_table(tmp_path / "y.parquet").column(0).to_numpy(), named.predict(x)[:, 0])


def test_folders(gru, tmp_path):
    source, target = tmp_path / "in", tmp_path / "out"
    (source / "deep").mkdir(parents=True)
    xs = {f"{'deep/' if i % 2 else ''}{i}.npy": rows(5 + i, 5, seed=i) for i in range(8)}
    for name, x in xs.items():
        np.save(source / name, x)
    (source / "notes.txt").write_text("no rows")
    assert sluice.score(gru, source, target, threads=3, progress=True) == sum(map(len, xs.values()))
    for name, x in xs.items():
        assert np.array_equal(np.load(target / name), gru.predict(x))
    (target / "3.npy").unlink(missing_ok=True)
    (target / "deep/3.npy").unlink()
    assert sluice.score(gru, source, target, resume=True) == len(xs["deep/3.npy"])
    assert sluice.score(gru, source, tmp_path / "csv", format="csv") > 0 and (tmp_path / "csv/deep/1.csv").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_refusals(gru, tmp_path):
    x = rows(9, 5)
    x[4, 2] = np.nan
    np.save(tmp_path / "nan.npy", x)
    np.save(tmp_path / "objects.npy", np.array([{}]))
    np.save(tmp_path / "text.npy", np.array(["a"]))
    (tmp_path / "broken.csv").write_text("1,2,3,4,5\n1,2,x,4,5\n")
    (tmp_path / "short.csv").write_text("1,2,3,4,5\n1,2,3,4\n")
    (tmp_path / "cut.npy").write_bytes((tmp_path / "nan.npy").read_bytes()[:-9])
    (tmp_path / "zip.npz").write_bytes(b"PK")
    for name, error, word in [
        ("nan.npy", errors.NotFiniteError, "row 4, input 2"),
        ("objects.npy", errors.DTypeError, "objects"),
        ("text.npy", errors.DTypeError, "numbers"),
        ("broken.csv", errors.DTypeError, "row 1, column 3"),
        ("short.csv", errors.DTypeError, "row 2"),
        ("cut.npy", errors.DTypeError, "no array"),
        ("zip.npz", errors.DTypeError, "no array"),
    ]:
        with pytest.raises(error, match=f"{name}.*{word}"):
            sluice.score(gru, tmp_path / name, tmp_path / f"y{name[-4:]}")
        assert not (tmp_path / f"y{name[-4:]}").exists()
    with pytest.raises(FileNotFoundError):
        sluice.score(gru, tmp_path / "none.npy", tmp_path / "y.npy")
    for target, options in (("y.txt", {}), ("nan.npy", {}), ("y.npy", {"format": "xls"}), ("y.npy", {"threads": 0})):
        with pytest.raises(errors.SluiceError):
            sluice.score(gru, tmp_path / "nan.npy", tmp_path / target, **options)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("names.csv", b"a,b,c,d,e\n1,2,3,4,5,6\n", "names 5 columns, the rows have 6"),
        ("many.csv", b"z,a,b,c,d,e\n1,2,3,4,5\n", "names 6 columns, the rows have 5"),
        ("empty.csv", b",,,,\n1,2,3,4,5\n", "convert"),
        ("latin.csv", b"a,b,c,d,\xe9\n1,2,3,4,5\n", "UTF-8"),
        ("junk.parquet", b"junk" * 9, "Parquet"),
        ("zip.npy", "npz", "not that of .npy"),
        ("plain.npz", "npy", "not that of .npz"),
        ("torn.npy", "torn", "no array"),
        ("long.npy", "long", "no array"),
    ],
)
def test_files_that_are_not_what_they_say(gru, tmp_path, name, content, says):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    if isinstance(content, str):
        made = {"npy": tmp_path / "made.npy", "npz": tmp_path / "made.npz"}
        np.save(made["npy"], rows(4, 5))
        np.savez(made["npz"], x=rows(4, 5))
        head = made["npy"].read_bytes()
        made["torn"], made["long"] = tmp_path / "a", tmp_path / "b"
        made["torn"].write_bytes(head.replace(b"(4, 5), }", b"(4, 5),  "))
        made["long"].write_bytes(head.replace(b"(4, 5), }" + b" " * 14, b"(4" + b"0" * 14 + b", 5), }"))
        content = made[content].read_bytes()
    source = tmp_path / name
    source.write_bytes(content)
    with pytest.raises(sluice.SluiceError, match=says) as raised:
        sluice.score(gru, source, tmp_path / f"y{source.suffix}")
    assert name in str(raised.value)


def test_a_mark_before_the_first_line_is_no_name(make, tmp_path):
    model = sluice.Model(make("narrow", "gru", 1, 4))
    (tmp_path / "x.csv").write_text("\ufeff1\n2\n", encoding="utf-8")
    assert sluice.score(model, tmp_path / "x.csv", tmp_path / "y.npy") == 2


def test_columns_of_ids(words, tmp_path):
    (tmp_path / "x.csv").write_text("row,token\n1,7\n2,8\n")
    with pytest.raises(errors.ShapeError, match="one column, not 2"):
        sluice.score(words, tmp_path / "x.csv", tmp_path / "y.npy")


def test_outputs_never_become_inputs(gru, tmp_path):
    np.save(tmp_path / "x.npy", rows(3, 5))
    with pytest.raises(errors.ArgumentError, match="beside it"):
        sluice.score(gru, tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_links_to_nothing_are_told(gru, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "gone.npy").symlink_to(tmp_path / "nowhere.npy")
    with pytest.raises(FileNotFoundError, match="gone"):
        sluice.score(gru, folder, tmp_path / "out")
