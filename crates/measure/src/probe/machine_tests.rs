//! Machines made of files: a laptop, an ARM board, a container, a virtual machine, and nothing.

use std::fs;
use std::path::Path;

use super::*;
use crate::probe::Absent;
use crate::probe::noise::Doubt;

/// A file tree with these files in it.
fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    for (file, text) in files {
        write(tree.path(), file, text);
    }
    tree
}

fn write(tree: &Path, file: &str, text: &str) {
    let path = tree.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn fact(tree: &Path, name: &str) -> Finding {
    let facts = facts(Root::at(tree));
    facts
        .into_iter()
        .find(|(known, _)| *known == name)
        .unwrap()
        .1
}

fn text(value: &str) -> Finding {
    Ok(Fact::Text(value.to_owned()))
}

/// Two cores with two threads each, of which this process may use three processors; one cache per
/// core pair; a battery, and a mouse with its own.
fn laptop() -> tempfile::TempDir {
    let laptop = tree(&[
        (
            "proc/cpuinfo",
            "processor\t: 0\nmodel name\t: Example i5 @ 2.40GHz\ncpu MHz\t\t: 800.000\nflags\t\t: fpu sse4_2 f16c avx avx2 fma bmi2\n\nprocessor\t: 1\nmodel name\t: Example i5 @ 2.40GHz\ncpu MHz\t\t: 1200.000\n",
        ),
        (
            "proc/self/status",
            "Name:\tx\nCpus_allowed:\t7\nCpus_allowed_list:\t0-2\nVmRSS:\t  10 kB\n",
        ),
        ("proc/self/cgroup", "0::/user.slice/app\n"),
        (
            "proc/meminfo",
            "MemTotal:       8000000 kB\nMemAvailable:   4000000 kB\n",
        ),
        ("proc/loadavg", "0.25 0.10 0.05 1/200 4242\n"),
        (
            "proc/stat",
            "cpu  100 0 50 800 0 0 0 50 0 0\ncpu0 50 0 25 400 0 0 0 25 0 0\ncpu1 50 0 25 400 0 0 0 25 0 0\nintr 1\n",
        ),
        ("proc/uptime", "5000.10 9000.00\n"),
        ("proc/sys/kernel/osrelease", "6.1.0-example\n"),
        (
            "etc/os-release",
            "NAME=\"Example\"\nPRETTY_NAME=\"Example Linux 12\"\n",
        ),
        ("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n"),
        ("sys/devices/system/cpu/smt/active", "1\n"),
        ("sys/class/power_supply/BAT0/type", "Battery\n"),
        ("sys/class/power_supply/BAT0/status", "Discharging\n"),
        ("sys/class/power_supply/AC/type", "Mains\n"),
        ("sys/class/power_supply/mouse/type", "Battery\n"),
        ("sys/class/power_supply/mouse/scope", "Device\n"),
        ("sys/class/power_supply/mouse/status", "Full\n"),
        ("sys/class/dmi/id/sys_vendor", "Example Computers\n"),
    ]);
    for cpu in 0..4 {
        let folder = format!("sys/devices/system/cpu/cpu{cpu}");
        for (file, text) in [
            ("topology/physical_package_id", "0"),
            ("topology/core_id", if cpu < 2 { "0" } else { "4" }),
            ("cache/index0/level", "1"),
            ("cache/index0/size", "48K"),
            ("cache/index1/level", "3"),
            ("cache/index1/size", "4M"),
            (
                "cache/index1/shared_cpu_list",
                if cpu < 2 { "0-1" } else { "2-3" },
            ),
            (
                "cpufreq/scaling_governor",
                if cpu == 0 { "powersave" } else { "performance" },
            ),
            (
                "cpufreq/cpuinfo_max_freq",
                if cpu == 3 { "9000000" } else { "4200000" },
            ),
            (
                "cpufreq/scaling_cur_freq",
                if cpu == 0 { "1000000" } else { "4000000" },
            ),
        ] {
            write(
                laptop.path(),
                &format!("{folder}/{file}"),
                &format!("{text}\n"),
            );
        }
    }
    laptop
}

#[test]
fn a_laptop_tells_what_this_process_may_use_of_it() {
    let laptop = laptop();
    let number = |name| fact(laptop.path(), name);
    assert_eq!(number("cpu_model"), text("Example i5 @ 2.40GHz"));
    assert_eq!(number("cpu_logical_cores"), Ok(Fact::Number(3.0)));
    assert_eq!(number("cpu_physical_cores"), Ok(Fact::Number(2.0)));
    assert_eq!(number("cpu_usable"), Ok(Fact::Number(3.0)));
    assert_eq!(number("cpu_quota"), text("none"));
    assert_eq!(number("cpu_last_level_cache"), Ok(Fact::Bytes(8 << 20)));
    assert_eq!(number("cpu_governor"), text("performance, powersave"));
    assert_eq!(number("cpu_boost"), text("off"));
    assert_eq!(number("cpu_threads_share_cores"), text("yes"));
    assert_eq!(number("cpu_max_hz"), Ok(Fact::Number(4.2e9)));
    assert_eq!(number("cpu_current_hz"), Ok(Fact::Number(3e9)));
    assert_eq!(number("memory_total"), Ok(Fact::Bytes(8_000_000 * 1024)));
    assert_eq!(
        number("memory_available"),
        Ok(Fact::Bytes(4_000_000 * 1024))
    );
    assert_eq!(number("steal_share_since_boot"), Ok(Fact::Number(0.05)));
    assert_eq!(number("load_1m"), Ok(Fact::Number(0.25)));
    assert_eq!(number("os"), text("Example Linux 12"));
    assert_eq!(number("kernel"), text("6.1.0-example"));
    assert_eq!(number("virtualised"), text("no"));
    assert_eq!(number("battery"), text("discharging"));
    let flags = ["sse4_2", "avx", "f16c", "fma", "avx2", "bmi2"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(number("cpu_flags"), Ok(Fact::List(flags)));
}

#[test]
fn a_container_is_bound_by_the_tightest_group_above_it() {
    let container = laptop();
    for (file, text) in [
        ("user.slice/app/cpu.max", "300000 100000\n"),
        ("user.slice/cpu.max", "150000 100000\n"),
        ("cpu.max", "max 100000\n"),
        ("user.slice/app/memory.max", "5000000\n"),
        ("user.slice/app/memory.current", "100\n"),
        ("user.slice/memory.max", "1000000\n"),
        ("user.slice/memory.current", "900000\n"),
        ("user.slice/memory.stat", "anon 1\ninactive_file 500000\n"),
        ("memory.max", "max\n"),
    ] {
        write(container.path(), &format!("sys/fs/cgroup/{file}"), text);
    }
    assert_eq!(fact(container.path(), "cpu_quota"), Ok(Fact::Number(1.5)));
    assert_eq!(fact(container.path(), "cpu_usable"), Ok(Fact::Number(1.0)));
    assert_eq!(
        fact(container.path(), "memory_available"),
        Ok(Fact::Bytes(600_000))
    );
}

#[test]
fn the_first_generation_of_groups_counts_as_well() {
    let old = laptop();
    write(
        old.path(),
        "proc/self/cgroup",
        "4:memory:/a/b\n2:cpu,cpuacct:/x\n1:name=systemd:/\n0::/\n",
    );
    write(
        old.path(),
        "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us",
        "-1\n",
    );
    write(
        old.path(),
        "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us",
        "100000\n",
    );
    write(
        old.path(),
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us",
        "200000\n",
    );
    write(
        old.path(),
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us",
        "100000\n",
    );
    // The path a/b lies outside of what this container sees; the mount itself holds its limit.
    write(
        old.path(),
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "5000\n",
    );
    write(
        old.path(),
        "sys/fs/cgroup/memory/memory.usage_in_bytes",
        "7000\n",
    );
    assert_eq!(fact(old.path(), "cpu_quota"), Ok(Fact::Number(2.0)));
    assert_eq!(fact(old.path(), "memory_available"), Ok(Fact::Bytes(0)));
}

#[test]
fn an_arm_board_is_named_by_its_device_tree_and_lists_its_features() {
    let board = tree(&[
        (
            "proc/cpuinfo",
            "processor\t: 0\nBogoMIPS\t: 108.00\nFeatures\t: fp asimd asimdhp asimddp crc32\nCPU part\t: 0xd0b\n",
        ),
        ("sys/firmware/devicetree/base/model", "Example Board 5\0"),
        ("sys/class/power_supply/.keep", ""),
    ]);
    assert_eq!(fact(board.path(), "cpu_model"), text("Example Board 5"));
    let flags = ["asimd", "asimdhp", "asimddp"].map(str::to_owned).to_vec();
    assert_eq!(fact(board.path(), "cpu_flags"), Ok(Fact::List(flags)));
    assert!(fact(board.path(), "virtualised").is_err());
    assert_eq!(fact(board.path(), "battery"), text("none"));
}

#[test]
fn a_virtual_machine_is_known_by_its_flag_or_by_its_name() {
    let flagged = tree(&[("proc/cpuinfo", "flags: fpu hypervisor\n")]);
    assert_eq!(fact(flagged.path(), "virtualised"), text("yes"));
    assert!(fact(flagged.path(), "hypervisor").is_err());
    let named = tree(&[
        ("proc/cpuinfo", "Features: asimd\n"),
        ("sys/class/dmi/id/sys_vendor", "QEMU\n"),
        ("sys/class/dmi/id/product_name", "KVM Virtual Machine\n"),
    ]);
    assert_eq!(fact(named.path(), "virtualised"), text("yes"));
    assert_eq!(
        fact(named.path(), "hypervisor"),
        text("QEMU KVM Virtual Machine")
    );
    let windows = tree(&[(
        "proc/sys/kernel/osrelease",
        "5.15-microsoft-standard-WSL2\n",
    )]);
    assert_eq!(fact(windows.path(), "hypervisor"), text("WSL"));
}

#[test]
fn without_frequency_scaling_the_processor_list_stands_in() {
    let plain = laptop();
    fs::remove_dir_all(plain.path().join("sys/devices/system/cpu/cpu1/cpufreq")).unwrap();
    assert_eq!(fact(plain.path(), "cpu_current_hz"), Ok(Fact::Number(1e9)));
    let governor = fact(plain.path(), "cpu_governor").unwrap_err();
    assert!(
        governor.reason.contains("cpu1/cpufreq") && governor.remedy.is_some(),
        "{governor}"
    );
}

#[test]
fn a_machine_of_nothing_gives_every_fact_its_reason_and_no_zero() {
    let nothing = tempfile::tempdir().unwrap();
    for (name, finding) in facts(Root::at(nothing.path())) {
        match finding {
            Ok(fact) => assert_eq!(name, "cpu_architecture", "{fact:?}"),
            Err(Absent { reason, .. }) => assert!(reason.len() > 10, "{name}: {reason}"),
        }
    }
}

#[test]
fn no_file_full_of_nonsense_breaks_the_inventory() {
    let mad = laptop();
    let files = files_below(mad.path());
    assert!(files.len() > 40);
    for nonsense in [
        "",
        "\0",
        "\u{fffd}",
        ":",
        "cpu \ncpu x\n",
        "0-\n",
        "- - -\n",
        "99999999999999999999\n",
        "cpu 1 1\n",
        "nan nan nan\n",
    ] {
        files
            .iter()
            .for_each(|file| fs::write(file, nonsense).unwrap());
        for (name, finding) in facts(Root::at(mad.path())) {
            if let Ok(Fact::Number(number)) = finding {
                assert!(number.is_finite(), "{name} from {nonsense:?}");
            }
        }
    }
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let (mut folders, mut files) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path)
            } else {
                files.push(path)
            }
        }
    }
    files
}

#[test]
fn names_are_unique_and_this_machine_answers_the_core_of_them() {
    let facts = machine();
    let names: std::collections::BTreeSet<_> = facts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), facts.len());
    let answered = |wanted| {
        facts
            .iter()
            .any(|(name, finding)| *name == wanted && finding.is_ok())
    };
    if cfg!(target_os = "linux") {
        for name in [
            "cpu_logical_cores",
            "cpu_usable",
            "memory_total",
            "kernel",
            "load_1m",
        ] {
            assert!(answered(name), "{name}");
        }
    }
    assert!(usable_processors().unwrap() >= 1);
}

#[test]
fn a_quiet_laptop_raises_no_doubt_in_its_facts() {
    // The load of 0.25 stands below the doubt's floor, whoever caused it.
    let laptop = laptop();
    write(
        laptop.path(),
        "proc/self/stat",
        &format!("1 (x) R {}", "0 ".repeat(30)),
    );
    let doubts: Vec<Doubt> = crate::probe::noise::snapshot_below(Root::at(laptop.path()))
        .unwrap()
        .doubts();
    assert_eq!(doubts, []);
}
