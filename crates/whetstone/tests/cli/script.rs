//! `./whet`, the script: when it builds, and for whom. The real script in a folder of its own, with a cargo that only
//! notes that it was called.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// Says the version that is asked for, else "builds" a program that tells where it lies.
const CARGO: &str = r#"#!/bin/sh
case $1 in --version) echo "cargo 9.9.9"; exit ;; esac
folder=${CARGO_TARGET_DIR:-$PWD/target}
mkdir -p "$folder" && echo built >>"$folder/builds"
printf '#!/bin/sh\necho "$0"\n' >"$folder/program" && chmod +x "$folder/program"
echo "{\"name\":\"whet\",\"executable\":\"$folder/program\"}"
"#;

struct Checkout(tempfile::TempDir);

impl Checkout {
    fn new() -> Checkout {
        let checkout = Checkout(tempfile::tempdir().unwrap());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for folder in ["crates", "scripts", ".cargo", "bin"] {
            std::fs::create_dir(checkout.at(folder)).unwrap();
        }
        let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
        checkout.write(
            "scripts/prerequisites.sh",
            &read("scripts/prerequisites.sh"),
        );
        checkout.write("Cargo.toml", "rust-version = \"1.0\"\n");
        checkout.write("Cargo.lock", "");
        checkout.write("bin/cargo", CARGO);
        let page = checkout.at("cpuinfo");
        let script = read("whet").replace("/proc/cpuinfo", page.to_str().unwrap());
        checkout.write("whet", &script);
        checkout.stands_on("sse sse2 avx2 fma");
        checkout
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.at(name), text).unwrap();
        std::fs::set_permissions(self.at(name), PermissionsExt::from_mode(0o755)).unwrap();
    }

    /// From now on the processor has these flags.
    fn stands_on(&self, flags: &str) {
        let page = format!("processor\t: 0\nvendor_id\t: x\nflags\t\t: {flags}\nbugs\t\t: many\n");
        self.write("cpuinfo", &page);
    }

    /// Calls the script from elsewhere; the place of the program that it ran in the end, below the target folder.
    fn whet(&self) -> String {
        let path = std::env::var("PATH").unwrap();
        let output = Command::new(self.at("whet"))
            .current_dir(self.at("bin"))
            .env("PATH", format!("{}:{path}", self.at("bin").display()))
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("WHET_FEATURES")
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        assert!(output.status.success(), "{output:?}");
        let (_, place) = said
            .split_once("/target/")
            .unwrap_or_else(|| panic!("{output:?}"));
        place.to_owned()
    }

    fn n_builds(&self, folder: &str) -> usize {
        let builds = self.at("target").join(folder).join("builds");
        std::fs::read_to_string(builds).map_or(0, |text| text.lines().count())
    }
}

#[test]
fn another_processor_gets_a_build_of_its_own_and_the_first_keeps_its() {
    let checkout = Checkout::new();
    assert_eq!(checkout.whet(), "program");
    checkout.stands_on("sse sse2 avx2 fma avx512f");
    let other = checkout.whet();
    let (folder, program) = other.split_once('/').unwrap();
    assert!(
        folder.starts_with("cpu-") && program == "program",
        "{other}"
    );
    assert_eq!(checkout.whet(), other);
    checkout.stands_on("sse sse2 avx2 fma");
    assert_eq!(checkout.whet(), "program");
    assert_eq!((checkout.n_builds(""), checkout.n_builds(folder)), (1, 1));
}

#[test]
fn words_of_the_kernel_that_no_compiler_uses_build_nothing() {
    let checkout = Checkout::new();
    checkout.whet();
    checkout.stands_on("fpu sse sse2 avx2 fma cpuid_fault ibrs md_clear");
    assert_eq!(checkout.whet(), "program");
    assert_eq!(checkout.n_builds(""), 1);
}

#[test]
fn a_changed_script_of_the_build_builds_anew() {
    let checkout = Checkout::new();
    checkout.whet();
    checkout.whet();
    assert_eq!(checkout.n_builds(""), 1);
    checkout.write("scripts/engine-alone.cmake", "set(X ON)\n");
    let later = SystemTime::now() + Duration::from_secs(5);
    let script = std::fs::File::options()
        .append(true)
        .open(checkout.at("scripts/engine-alone.cmake"))
        .unwrap();
    script.set_modified(later).unwrap();
    checkout.whet();
    assert_eq!(checkout.n_builds(""), 2);
}
