//! Checkpoints of every kind of malice: nothing is executed, nothing crashes, each has its sentence.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its files has failed"
)]

use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use model::{Error, Options, Precision, Tokens, import};
use tempfile::TempDir;
use zip::write::{SimpleFileOptions, ZipWriter};

/// A folder with a checkpoint in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Imports these bytes as a checkpoint.
    fn import(&self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let (from, to) = (self.at("model.pt"), self.at("model.gguf"));
        std::fs::write(&from, bytes).unwrap();
        let options = Options {
            precision: Precision::F16,
            name: Some("model"),
            tokens: Tokens::Bytes,
            pre: None,
        };
        let imported = import(&from, &to, &options, &mut |_| ControlFlow::Continue(()));
        if imported.is_err() {
            let left = std::fs::read_dir(self.folder.path()).unwrap().count();
            assert_eq!(left, 1, "nothing but the checkpoint is there");
        }
        imported.map(|_| {
            let bytes = std::fs::read(&to).unwrap();
            std::fs::remove_file(&to).unwrap();
            bytes
        })
    }

    #[track_caller]
    fn refuses(&self, bytes: &[u8], words: &[&str]) {
        let said = self.import(bytes).unwrap_err().to_string();
        for word in words.iter().chain(&["model.pt"]) {
            assert!(said.contains(word), "`{word}` is missing in: {said}");
        }
    }
}

fn fixture() -> Vec<u8> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::read(here.join("tests/golden/smallcoder.pt")).unwrap()
}

// --- archives and pickles by hand ----------------------------------------------------------------

fn archive(entries: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)
}

/// An archive with this pickle and one storage of 64 bytes.
fn around(pickle: &[u8]) -> Vec<u8> {
    let entries: [(&str, &[u8]); 3] = [
        ("m/data.pkl", pickle),
        ("m/byteorder", b"little"),
        ("m/data/0", &[0; 64]),
    ];
    archive(&entries, stored())
}

fn text(text: &str) -> Vec<u8> {
    let len = u32::try_from(text.len()).unwrap().to_le_bytes();
    [&b"X"[..], &len, text.as_bytes()].concat()
}

fn int(number: i64) -> Vec<u8> {
    [&[0x8a, 8][..], &number.to_le_bytes()].concat()
}

fn tuple(parts: &[Vec<u8>]) -> Vec<u8> {
    [&b"("[..], &parts.concat(), b"t"].concat()
}

fn global(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

/// `{name: value}` as a whole pickle of protocol 2.
fn dict(name: &str, value: &[u8]) -> Vec<u8> {
    [&b"\x80\x02}"[..], &text(name), value, b"s."].concat()
}

struct Described {
    key: &'static str,
    kind: &'static str,
    elements: i64,
    offset: i64,
    shape: Vec<i64>,
    strides: Vec<i64>,
}

/// What is wrong with a description.
type Change<'c> = &'c dyn Fn(&mut Described);

/// A vector of 16 floats, as it should be.
fn sound() -> Described {
    Described {
        key: "0",
        kind: "FloatStorage",
        elements: 16,
        offset: 0,
        shape: vec![16],
        strides: vec![1],
    }
}

impl Described {
    fn pickled(&self) -> Vec<u8> {
        let numbers = |all: &[i64]| tuple(&all.iter().map(|n| int(*n)).collect::<Vec<_>>());
        let id = tuple(&[
            text("storage"),
            global("torch", self.kind),
            text(self.key),
            text("cpu"),
            int(self.elements),
        ]);
        let arguments = tuple(&[
            [id, b"Q".to_vec()].concat(),
            int(self.offset),
            numbers(&self.shape),
            numbers(&self.strides),
            b"\x89".to_vec(),
            b"N".to_vec(),
        ]);
        let rebuild = global("torch._utils", "_rebuild_tensor_v2");
        let state = [
            &b"}"[..],
            &text("model.norm.weight"),
            &rebuild,
            &arguments,
            b"Rs",
        ]
        .concat();
        dict("model_state_dict", &state)
    }
}

// --- what is refused -----------------------------------------------------------------------------

#[test]
fn a_pickle_that_runs_a_command_runs_nothing_and_is_told_by_its_name() {
    let place = Place::new();
    let trace = place.at("trace");
    let command = text(&format!("touch {}", trace.display()));
    let by_line = [
        &b"\x80\x02"[..],
        &global("posix", "system"),
        &tuple(std::slice::from_ref(&command)),
        b"R.",
    ];
    place.refuses(
        &around(&by_line.concat()),
        &["posix.system", "not executed", "torch.save"],
    );
    let names = [text("os"), text("system")].concat();
    let by_stack = [&b"\x80\x04"[..], &names, b"\x93", &tuple(&[command]), b"R."];
    place.refuses(&around(&by_stack.concat()), &["os.system"]);
    assert!(!trace.exists());
}

#[test]
fn every_name_outside_of_tensors_is_refused() {
    let place = Place::new();
    for (module, name) in [
        ("builtins", "eval"),
        ("__builtin__", "getattr"),
        ("torch._utils", "_rebuild_wrapper_subclass"),
        ("torch", "load"),
        ("torch.storage", "_load_from_bytes"),
        ("numpy.core.multiarray", "scalar"),
        ("collections", "defaultdict"),
        ("a\u{1b}[2J", "b"),
    ] {
        let pickle = [&b"\x80\x02"[..], &global(module, name), b")R."].concat();
        let said = place.import(&around(&pickle)).unwrap_err().to_string();
        assert!(said.contains(name), "{said}");
        assert!(!said.contains('\u{1b}'), "escapes do not reach a terminal");
    }
}

#[test]
fn instructions_that_make_objects_are_refused() {
    let place = Place::new();
    for (code, word) in [
        (&b"(ios\nsystem\n"[..], "INST"),
        (b"(oo", "OBJ"),
        (b")\x81", "NEWOBJ"),
        (b"\x82\x01", "EXT"),
        (b"Pid\n", "PERSID"),
        (b"\x00", "0x00"),
    ] {
        place.refuses(
            &around(&[b"\x80\x02", code, b"."].concat()),
            &[word, "damaged"],
        );
    }
}

#[test]
fn a_tensor_lies_inside_its_storage_or_is_refused() {
    let place = Place::new();
    let cases: [(&str, Change<'_>); 9] = [
        ("does not lie in", &|t| t.offset = 1),
        ("does not lie in", &|t| t.elements = 17),
        ("does not lie in", &|t| t.offset = i64::MAX),
        ("does not lie in", &|t| {
            t.shape = vec![i64::MAX, i64::MAX];
            t.strides = vec![i64::MAX, 1];
        }),
        ("unknown way", &|t| t.offset = -1),
        ("negative size", &|t| t.elements = -1),
        ("view with gaps", &|t| t.strides = vec![0]),
        ("not in the archive", &|t| t.key = "../../etc/passwd"),
        ("torch.QInt8Storage", &|t| t.kind = "QInt8Storage"),
    ];
    for (word, change) in cases {
        let mut tensor = sound();
        change(&mut tensor);
        place.refuses(&around(&tensor.pickled()), &[word]);
    }
    // The sound one passes this gate and fails at the next: its model lacks all other tensors.
    place.refuses(&around(&sound().pickled()), &["model.embed_tokens.weight"]);
}

#[test]
fn nesting_and_loops_cost_no_stack() {
    let place = Place::new();
    let deep = [b"\x80\x02)".to_vec(), vec![0x85; 900_000], b".".to_vec()].concat();
    place.refuses(&around(&deep), &["dictionary of tensors"]);
    let endless = [
        b"\x80\x02]".to_vec(),
        b"q\x00h\x00a".repeat(1000),
        b".".to_vec(),
    ]
    .concat();
    place.refuses(&around(&endless), &["dictionary of tensors"]);
    let many = [b"\x80\x02".to_vec(), vec![b'}'; 3_000_000], b".".to_vec()].concat();
    place.refuses(&around(&many), &["more values"]);
}

/// What is named again costs a pickle two bytes; it must not cost a copy of what it names.
#[test]
fn what_a_pickle_names_again_and_again_takes_no_memory() {
    let place = Place::new();
    let storage = [
        tuple(&[
            text("storage"),
            global("torch", "FloatStorage"),
            text("0"),
            text("cpu"),
            int(16),
        ]),
        b"Q".to_vec(),
    ]
    .concat();
    let call = |dimensions: usize| {
        [
            &b"\x80\x02]("[..],
            &b"K\x01".repeat(dimensions),
            b"tq\x01a",
            &global("torch._utils", "_rebuild_tensor_v2"),
            b"(",
            &storage,
            b"K\x00h\x01h\x01tRa.",
        ]
        .concat()
    };
    place.refuses(&around(&call(9)), &["more than 8 dimensions"]);
    place.refuses(&around(&call(300_000)), &["more than 8 dimensions"]);
    place.refuses(&around(&call(8)), &["dictionary of tensors"]);

    let memo = [b"\x80\x04N".to_vec(), vec![0x94; 2_000_000], b".".to_vec()].concat();
    place.refuses(&around(&memo), &["more values"]);
    let marks = [b"\x80\x02".to_vec(), vec![b'('; 2_000_000], b".".to_vec()].concat();
    place.refuses(&around(&marks), &["more values"]);
}

#[test]
fn a_name_that_is_long_or_not_printable_is_cut_before_it_is_shown() {
    let place = Place::new();
    let renamed = |name: &str| {
        let pickle = sound().pickled();
        let (old, new) = (text("model.norm.weight"), text(name));
        let at = pickle.windows(old.len()).position(|w| w == old).unwrap();
        [&pickle[..at], &new, &pickle[at + old.len()..]].concat()
    };
    for name in [
        "\u{1b}[2Jmodel.norm.weight",
        &"model.norm.weight".repeat(100_000),
    ] {
        let said = place.import(&around(&renamed(name))).unwrap_err();
        let said = said.to_string();
        assert!(
            said.contains("names a tensor"),
            "{}",
            &said[..said.len().min(300)]
        );
        assert!(said.len() < 1000 && !said.contains('\u{1b}'));
    }
    let long = "m".repeat(60_000);
    let entries: [(&str, &[u8]); 2] = [(&long, b"x"), ("m/data.pkl", b"\x80\x02}.")];
    let packed = stored().compression_method(zip::CompressionMethod::Deflated);
    let said = place
        .import(&archive(&entries, packed))
        .unwrap_err()
        .to_string();
    assert!(said.contains("compressed") && said.len() < 1000);
}

#[test]
fn a_damaged_pickle_is_told_from_a_foreign_one() {
    let place = Place::new();
    for (pickle, word) in [
        (&b""[..], "ends too early"),
        (b"\x80\x02", "ends too early"),
        (b"\x80\x09.", "protocol 9"),
        (b"\x80\x02.", "not there"),
        (b"\x80\x02h\x07.", "never kept"),
        (b"\x80\x02t.", "misses a mark"),
        (b"\x80\x02K\x01K\x02s.", "no container"),
        (b"\x80\x02X\xff\xff\xff\xff.", "ends too early"),
        (b"\x80\x02\x8a\xffA.", "ends too early"),
        (b"\x80\x02X\x01\x00\x00\x00\xff.", "text that is none"),
    ] {
        place.refuses(&around(pickle), &[word]);
    }
}

#[test]
fn what_is_no_archive_of_pytorch_is_told_what_it_is() {
    let place = Place::new();
    place.refuses(b"", &["no checkpoint"]);
    place.refuses(b"\x80\x02\x8a\x0a\x6c\xfc", &["before 1.6", "torch.save"]);
    place.refuses(b"GGUF\x03\0\0\0", &["GGUF file already"]);
    place.refuses(b"PK\x03\x04 and nothing more", &["damaged"]);
    place.refuses(&archive(&[("readme", b"x")], stored()), &["data.pkl"]);
    let script: [(&str, &[u8]); 2] = [("m/data.pkl", b"."), ("m/constants.pkl", b".")];
    place.refuses(&archive(&script, stored()), &["TorchScript"]);
    let big: [(&str, &[u8]); 2] = [("m/data.pkl", b"\x80\x02}."), ("m/byteorder", b"big")];
    place.refuses(&archive(&big, stored()), &["big-endian"]);
    place.refuses(&around(&dict("weights", b"N")), &["dictionary of tensors"]);
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let bomb = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let zeros = vec![0; 50 << 20];
    let entries: [(&str, &[u8]); 2] = [("m/data.pkl", b"\x80\x02}."), ("m/data/0", &zeros)];
    Place::new().refuses(&archive(&entries, bomb), &["compressed"]);
}

/// Many entries whose headers all point at the bytes of the first one.
#[test]
fn entries_that_lie_over_one_another_are_refused() {
    let zeros = vec![0; 100_000];
    let names = ["m/data/0", "m/data/1", "m/data/2"];
    let entries = names.map(|name| (name, &zeros[..]));
    let whole = archive(&entries, stored());
    let places = |mark: &[u8]| -> Vec<usize> {
        let windows = whole.windows(mark.len()).enumerate();
        let found = windows.filter(|(_, window)| window == &mark);
        found.map(|(at, _)| at).collect()
    };
    let (local, central) = (places(b"PK\x03\x04"), places(b"PK\x01\x02"));
    let end = places(b"PK\x05\x06")[0];
    let mut directory = whole[central[0]..].to_vec();
    for header in &central {
        let field = header - central[0] + 42;
        directory[field..field + 4].fill(0);
    }
    let field = end - central[0] + 16;
    let start = u32::try_from(local[1]).unwrap().to_le_bytes();
    directory[field..field + 4].copy_from_slice(&start);
    let folded = [&whole[..local[1]], &directory].concat();
    Place::new().refuses(&folded, &["larger than the file"]);
}

#[test]
fn a_checkpoint_cut_anywhere_is_refused() {
    let place = Place::new();
    let whole = fixture();
    place.import(&whole).unwrap();
    for part in 0..60 {
        let cut = part * whole.len() / 60;
        let said = place.import(&whole[..cut]).unwrap_err().to_string();
        assert!(said.contains("model.pt"), "cut at {cut}: {said}");
    }
    place.import(&whole[..whole.len() - 1]).unwrap_err();
}

#[test]
fn a_flipped_byte_is_noticed_or_changes_nothing() {
    let place = Place::new();
    let whole = fixture();
    let expected = place.import(&whole).unwrap();
    let mut noticed = 0;
    // 7919 is a prime that does not divide the length, so the places spread over the whole file.
    for turn in 0..400 {
        let mut bytes = whole.clone();
        bytes[turn * 7919 % whole.len()] ^= [0x01, 0x80, 0xff, 0x10][turn % 4];
        match place.import(&bytes) {
            Ok(imported) => assert_eq!(imported, expected, "turn {turn}"),
            Err(error) => {
                assert!(error.to_string().contains("model.pt"), "{error}");
                noticed += 1;
            }
        }
    }
    assert!(noticed > 300, "the checksums caught only {noticed} of 400");
}
