//! Whole machines made of files: a desktop with AMD graphics, a guest, nothing.

use std::fs;
use std::path::Path;

use super::*;
use crate::probe::gauge::Readings;

fn write(tree: &Path, file: &str, text: &str) {
    let path = tree.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A tree that lives as long as the tests do: gauges of a running program have no end either.
fn tree(files: &[(&str, &str)]) -> &'static Path {
    let folder = tempfile::tempdir().unwrap().keep();
    for (file, text) in files {
        write(&folder, file, text);
    }
    Box::leak(folder.into_boxed_path())
}

fn desktop() -> &'static Path {
    tree(&[
        (
            "proc/stat",
            "cpu  100 0 0 900 0 0 0 0\ncpu0 100 0 0 900 0 0 0 0\n",
        ),
        ("proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 600 kB\n"),
        (
            "proc/self/status",
            "VmRSS:\t 10 kB\nCpus_allowed_list:\t0\n",
        ),
        (
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
            "3000000\n",
        ),
        ("sys/class/hwmon/hwmon0/name", "nvme\n"),
        ("sys/class/hwmon/hwmon0/temp1_input", "90000\n"),
        ("sys/class/hwmon/hwmon1/name", "k10temp\n"),
        ("sys/class/hwmon/hwmon1/temp1_input", "45500\n"),
        ("sys/class/hwmon/hwmon1/temp3_input", "51250\n"),
        ("sys/class/drm/card0/device/vendor", "0x8086\n"),
        ("sys/class/drm/card1/device/vendor", "0x1002\n"),
        ("sys/class/drm/card1-HDMI-A-1/device/vendor", "0x1002\n"),
        ("sys/class/drm/card1/device/gpu_busy_percent", "12\n"),
        ("sys/class/drm/card1/device/mem_info_vram_used", "1024\n"),
        ("sys/class/drm/card1/device/mem_info_vram_total", "4096\n"),
        ("sys/class/drm/card1/device/mem_info_gtt_used", "2048\n"),
        (
            "sys/class/drm/card1/device/hwmon/hwmon5/power1_average",
            "35000000\n",
        ),
        (
            "sys/class/drm/card1/device/hwmon/hwmon5/power1_input",
            "99000000\n",
        ),
        (
            "sys/class/drm/card1/device/hwmon/hwmon5/temp1_input",
            "61000\n",
        ),
        (
            "sys/class/drm/card1/device/hwmon/hwmon5/freq1_input",
            "800000000\n",
        ),
    ])
}

fn read(hardware: &mut Hardware) -> Readings {
    let mut readings = Readings::new();
    for gauge in &mut hardware.gauges {
        gauge.read(0, &mut readings);
    }
    readings
}

#[test]
fn a_desktop_tells_what_it_has_in_base_units() {
    let files = desktop();
    let mut hardware = Hardware::below(Root::at(files));
    write(files, "proc/stat", "cpu  130 0 0 970 0 0 0 0\n");
    let readings = read(&mut hardware);
    let expected = [
        ("cpu_busy_share", 0.3),
        ("cpu_celsius", 51.25),
        ("cpu_hz", 3e9),
        ("gpu0_busy_share", 0.12),
        ("gpu0_celsius", 61.0),
        ("gpu0_gtt_bytes", 2048.0),
        ("gpu0_hz", 8e8),
        ("gpu0_total_bytes", 4096.0),
        ("gpu0_used_bytes", 1024.0),
        ("gpu0_watts", 35.0),
        ("process_bytes", 10240.0),
        ("system_total_bytes", 1_024_000.0),
        ("system_used_bytes", 409_600.0),
    ];
    let found: Vec<(&str, f64)> = readings.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_processor_that_waits_has_no_part_in_the_frequency_of_those_that_work() {
    let hz = |cpu: u32| format!("sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq");
    let files = tree(&[
        ("proc/stat", "cpu  0\ncpu0 100 0 0 900\ncpu1 50 0 0 950\n"),
        ("proc/self/status", "Cpus_allowed_list:\t0-1\n"),
        (hz(0).as_str(), "3000000\n"),
        (hz(1).as_str(), "800000\n"),
    ]);
    let mut hardware = Hardware::below(Root::at(files));
    let mut after = |stat: &str| {
        write(files, "proc/stat", stat);
        let readings = read(&mut hardware);
        (readings["cpu_hz"], readings.get("cpu_busy_hz").copied())
    };
    let one = after("cpu  0\ncpu0 150 0 0 900\ncpu1 50 0 0 1000\n");
    assert_eq!(one, (1.9e9, Some(3e9)));
    let both = after("cpu  0\ncpu0 180 0 0 900\ncpu1 60 0 0 1000\n");
    assert_eq!(both, (1.9e9, Some(2.45e9)));
    let housekeeping = after("cpu  0\ncpu0 180 0 0 900\ncpu1 63 0 0 1000\n");
    assert_eq!(housekeeping, (1.9e9, None));
}

#[test]
fn one_readable_source_is_enough_and_the_other_keeps_its_reason() {
    let hardware = Hardware::below(Root::at(desktop()));
    assert_eq!(hardware.no_energy(), None);
    let [cpu, gpu] = &hardware.sources[..] else {
        panic!("{:?}", hardware.sources)
    };
    assert_eq!((cpu.device.as_str(), gpu.device.as_str()), ("cpu", "gpu0"));
    assert!(cpu.energy.as_ref().unwrap_err().reason.contains("powercap"));
    assert_eq!(gpu.energy.as_deref(), Ok("power readings"));
}

const CARD: &str = "sys/class/drm/card1/device";

/// The desktop, whose processor's package is counted too. The table of metrics has that format.
#[cfg(target_os = "linux")]
fn with_package(format: Option<u8>) -> Hardware {
    let files = desktop();
    let zone = "sys/class/powercap/intel-rapl:0";
    write(files, &format!("{zone}/name"), "package-0\n");
    write(files, &format!("{zone}/energy_uj"), "1000000\n");
    if let Some(format) = format {
        let table = [0x80, 0, format, 1, 0xff, 0xff];
        fs::write(files.join(CARD).join("gpu_metrics"), table).unwrap();
    }
    Hardware::below(Root::at(files))
}

#[cfg(target_os = "linux")]
#[test]
fn graphics_in_a_package_that_is_counted_have_no_power_of_their_own_and_a_reason() {
    // Without a table the little memory of its own tells it.
    for format in [Some(2), Some(3), None] {
        let mut hardware = with_package(format);
        let readings = read(&mut hardware);
        assert!(!readings.contains_key("gpu0_watts"), "{format:?}");
        assert_eq!(readings["gpu0_busy_share"], 0.12);
        let [cpu, gpu] = &hardware.sources[..] else {
            panic!("{:?}", hardware.sources)
        };
        assert!(cpu.energy.is_ok() && !cpu.is_in_package());
        let reason = &gpu.energy.as_ref().unwrap_err().reason;
        assert!(gpu.is_in_package() && reason.contains("counted already"));
        assert_eq!(hardware.no_energy(), None);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_card_keeps_its_power_beside_that_of_the_package() {
    let mut hardware = with_package(Some(1));
    assert_eq!(read(&mut hardware)["gpu0_watts"], 35.0);
    assert_eq!(hardware.sources[1].title, "AMD graphics");
}

#[test]
fn graphics_in_a_package_that_nothing_else_counts_tell_it_under_that_name() {
    let files = desktop();
    fs::write(files.join(CARD).join("gpu_metrics"), [0x80, 0, 2, 1]).unwrap();
    let mut hardware = Hardware::below(Root::at(files));
    assert_eq!(read(&mut hardware)["gpu0_watts"], 35.0);
    assert!(hardware.sources[1].title.contains("package"));
}

#[test]
fn files_that_vanish_or_hold_garbage_take_their_own_numbers_with_them_only() {
    let files = desktop();
    let mut hardware = Hardware::below(Root::at(files));
    let device = "sys/class/drm/card1/device";
    write(files, &format!("{device}/mem_info_vram_used"), "lots\n");
    write(files, &format!("{device}/hwmon/hwmon5/power1_average"), "");
    write(
        files,
        &format!("{device}/hwmon/hwmon5/power1_input"),
        "-3\n",
    );
    write(files, "sys/class/hwmon/hwmon1/temp3_input", "NaN\n");
    write(files, "proc/stat", "cpu  50 0 0 100 0 0 0 0\n");
    fs::remove_file(files.join(device).join("gpu_busy_percent")).unwrap();
    fs::remove_file(files.join("proc/meminfo")).unwrap();
    let readings = read(&mut hardware);
    for gone in [
        "gpu0_used_bytes",
        "gpu0_watts",
        "gpu0_busy_share",
        "system_used_bytes",
        "cpu_busy_share",
    ] {
        assert!(!readings.contains_key(gone), "{gone}: {readings:?}");
    }
    assert_eq!(readings["gpu0_total_bytes"], 4096.0);
    assert!(readings.values().all(|value| value.is_finite()));
}

#[test]
fn a_machine_that_tells_nothing_has_one_reason_and_no_numbers() {
    let mut hardware = Hardware::below(Root::at(tree(&[("sys/class/dmi/id/sys_vendor", "QEMU")])));
    assert_eq!(read(&mut hardware), Readings::new());
    let absent = hardware.no_energy().unwrap();
    assert!(absent.reason.contains("processor packages") && !absent.reason.contains("graphics"));
    assert!(absent.remedy.unwrap().contains("host"));
}

#[test]
fn the_real_machine_is_looked_at_without_a_panic() {
    let mut hardware = Hardware::find();
    assert!(read(&mut hardware).values().all(|value| value.is_finite()));
    assert!(!hardware.sources.is_empty());
}
