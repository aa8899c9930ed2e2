//! Packages made of files.

use std::fs;
use std::path::Path;

use super::*;

fn write(tree: &Path, file: &str, text: &str) {
    let path = tree.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn zone(tree: &Path, zone: &str, name: &str, energy: &str) {
    write(tree, &format!("{FOLDER}/{zone}/name"), name);
    write(tree, &format!("{FOLDER}/{zone}/energy_uj"), energy);
    write(
        tree,
        &format!("{FOLDER}/{zone}/max_energy_range_uj"),
        "100000000\n",
    );
}

fn energy(tree: &Path, zone: &str, text: &str) {
    write(tree, &format!("{FOLDER}/{zone}/energy_uj"), text);
}

/// Two sockets, with everything that must not be counted beside them.
fn two_sockets() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    zone(tree.path(), "intel-rapl:0", "package-0\n", "1000000\n");
    zone(tree.path(), "intel-rapl:1", "package-1\n", "99000000\n");
    zone(tree.path(), "intel-rapl:0:0", "core\n", "5\n");
    zone(tree.path(), "intel-rapl:0:2", "dram\n", "5\n");
    zone(tree.path(), "intel-rapl:2", "psys\n", "5\n");
    zone(tree.path(), "intel-rapl-mmio:0", "package-0\n", "1000000\n");
    write(tree.path(), &format!("{FOLDER}/intel-rapl/enabled"), "1\n");
    tree
}

fn read(rapl: &mut Rapl<'_>, seconds: u64) -> Option<f64> {
    let mut readings = Readings::new();
    rapl.read(seconds * 1_000_000_000, &mut readings);
    readings.get("cpu_joules").copied()
}

#[test]
fn every_package_counts_once_and_nothing_else_does() {
    let tree = two_sockets();
    let mut rapl = Rapl::find(Root::at(tree.path())).unwrap();
    assert_eq!(rapl.n_packages(), 2);
    assert_eq!(read(&mut rapl, 0), None, "one reading is no energy");
    energy(tree.path(), "intel-rapl:0", "3500000\n");
    // The second socket starts over behind 100 J.
    energy(tree.path(), "intel-rapl:1", "2000000\n");
    assert_eq!(read(&mut rapl, 1), Some(2.5 + 3.0));
    assert!(rapl.measures_energy());
}

#[test]
fn a_package_that_cannot_be_read_for_a_while_hides_the_sum_and_not_a_part_of_it() {
    let tree = two_sockets();
    let mut rapl = Rapl::find(Root::at(tree.path())).unwrap();
    read(&mut rapl, 0);
    for broken in ["", "garbage", "-5", "18446744073709551616", "\0"] {
        energy(tree.path(), "intel-rapl:1", broken);
        assert_eq!(read(&mut rapl, 1), None, "{broken:?}");
    }
    fs::remove_file(tree.path().join(FOLDER).join("intel-rapl:1/energy_uj")).unwrap();
    assert_eq!(read(&mut rapl, 2), None, "vanished");
    energy(tree.path(), "intel-rapl:1", "1000000");
    assert_eq!(
        read(&mut rapl, 3),
        None,
        "back, and nothing to compare with"
    );
    energy(tree.path(), "intel-rapl:1", "2000000");
    assert_eq!(read(&mut rapl, 4), Some(1.0));
}

#[test]
fn a_refusal_names_the_file_and_what_helps() {
    let error = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let absent = refused("sys/class/powercap/intel-rapl:0/energy_uj", &error);
    assert!(absent.reason.contains("intel-rapl:0/energy_uj") && absent.reason.contains("root"));
    let remedy = absent.remedy.unwrap();
    for word in ["chmod a+r", "udev", "setcap"] {
        assert!(remedy.contains(word), "{word}: {remedy}");
    }
}

#[test]
fn a_machine_without_counters_says_so_and_a_virtual_one_names_the_host() {
    let tree = tempfile::tempdir().unwrap();
    let bare = Rapl::find(Root::at(tree.path())).err().unwrap();
    assert!(bare.reason.contains("/sys/class/powercap") && bare.remedy.is_none());
    write(tree.path(), "proc/cpuinfo", "flags : fpu hypervisor\n");
    let guest = Rapl::find(Root::at(tree.path())).err().unwrap();
    assert!(guest.remedy.unwrap().contains("host"));
    fs::create_dir_all(tree.path().join(FOLDER)).unwrap();
    let empty = Rapl::find(Root::at(tree.path())).err().unwrap();
    assert!(empty.reason.contains("names no processor package"));
}

#[test]
fn a_package_without_a_range_or_with_garbage_is_no_source_of_wrong_numbers() {
    let tree = two_sockets();
    write(
        tree.path(),
        &format!("{FOLDER}/intel-rapl:1/max_energy_range_uj"),
        "x",
    );
    let mut rapl = Rapl::find(Root::at(tree.path())).unwrap();
    read(&mut rapl, 0);
    energy(tree.path(), "intel-rapl:1", "5");
    assert_eq!(
        read(&mut rapl, 1),
        None,
        "it started over at an unknown place"
    );
    energy(tree.path(), "intel-rapl:0", "garbage");
    let refused = Rapl::find(Root::at(tree.path())).err().unwrap();
    assert!(refused.reason.contains("garbage"), "{refused}");
}
