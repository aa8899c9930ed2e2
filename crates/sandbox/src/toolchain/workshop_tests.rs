//! The workshop's own rules; that both ways give the same is tested in `tests/fast.rs`.

use super::*;

#[test]
fn every_function_about_which_the_c_library_has_the_linker_warn_keeps_from_mold() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut paths = maps
        .lines()
        .filter_map(|line| line.split_whitespace().nth(5));
    let library = fs::read(paths.find(|path| path.contains("/libc.so")).unwrap()).unwrap();
    let names = String::from_utf8_lossy(&library);
    let warned: Vec<_> = names
        .split('\0')
        .filter_map(|name| name.strip_prefix(".gnu.warning."))
        .filter(|name| !name.starts_with("__"))
        .collect();
    assert!(warned.contains(&"tmpnam"), "{warned:?}");
    for name in warned {
        assert!(
            is_unusual(&format!("int main() {{ {name}(0); }}")),
            "{name}"
        );
    }
    assert!(!is_unusual("int main() { std::fgets(line, 9, in); }"));
}

#[test]
fn a_list_counts_only_with_all_its_headers_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let header = folder.path().join("header");
    fs::write(&header, "1").unwrap();
    let list = folder.path().join("list");
    let sources = format!("{PRECOMPILED}: {HEADER} \\\n {}\n", header.display());
    assert!(!is_fresh(&list));
    put_list(&list, "", b"x", sources.as_bytes()).unwrap();
    assert!(is_fresh(&list));
    fs::write(&header, "22").unwrap();
    assert!(!is_fresh(&list));
    put_list(&list, "", b"x", sources.as_bytes()).unwrap();
    assert!(is_fresh(&list));
    fs::remove_file(&header).unwrap();
    assert!(!is_fresh(&list));
    assert!(put_list(&list, "", b"x", sources.as_bytes()).is_err());
}

#[test]
fn what_failed_by_memory_time_or_the_compiler_itself_is_not_settled() {
    let said = |ending, stderr: &str| {
        let mut outcome = Outcome::scripted(ending, "");
        outcome.stderr.bytes = stderr.into();
        settled(&outcome)
    };
    assert!(said(Ending::Exited(1), "main.cpp:1:1: error: no"));
    for ending in [
        Ending::CpuLimit,
        Ending::MemoryLimit,
        Ending::Signalled(9),
        Ending::Exited(4),
    ] {
        assert!(!said(ending, ""), "{ending}");
    }
    for own in [
        "cc1plus: out of memory allocating 65536 bytes",
        "g++: fatal error: Killed signal terminated program cc1plus",
    ] {
        assert!(!said(Ending::Exited(1), own), "{own}");
    }
    assert!(!said(Ending::Exited(0), ""), "no program was left");
}
