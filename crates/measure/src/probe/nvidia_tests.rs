//! Cards that answer as told.

use std::cell::Cell;
use std::fs;

use super::*;

/// A card by its answers; what is `None` is not supported.
#[derive(Default)]
struct Fake {
    busy: Option<u32>,
    memory: Option<(u64, u64)>,
    milliwatts: Option<u32>,
    millijoules: Cell<Option<u64>>,
}

fn answer<T>(value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| "not supported".to_owned())
}

impl Card for Fake {
    fn product(&self) -> Result<String, String> {
        Ok("Example 9000".to_owned())
    }
    fn busy_percent(&self) -> Result<u32, String> {
        answer(self.busy)
    }
    fn memory(&self) -> Result<(u64, u64), String> {
        answer(self.memory)
    }
    fn celsius(&self) -> Result<u32, String> {
        answer(None)
    }
    fn mhz(&self) -> Result<u32, String> {
        answer(Some(1500))
    }
    fn milliwatts(&self) -> Result<u32, String> {
        answer(self.milliwatts)
    }
    fn millijoules(&self) -> Result<u64, String> {
        answer(self.millijoules.get())
    }
}

fn read(card: &mut Nvidia<Fake>, seconds: u64) -> Readings {
    let mut readings = Readings::new();
    card.read(seconds * 1_000_000_000, &mut readings);
    readings
}

#[test]
fn a_card_with_a_counter_tells_joules_from_it() {
    let fake = Fake {
        busy: Some(37),
        memory: Some((5, 80)),
        milliwatts: Some(70_500),
        millijoules: Cell::new(Some(1_000)),
    };
    let mut card = Nvidia::new(fake, "gpu1".to_owned());
    assert_eq!(card.energy(), Ok("counter"));
    let first = read(&mut card, 0);
    assert_eq!(first.get("gpu1_joules"), None);
    assert_eq!(first["gpu1_busy_share"], 0.37);
    assert_eq!(
        (first["gpu1_used_bytes"], first["gpu1_total_bytes"]),
        (5.0, 80.0)
    );
    assert_eq!(first["gpu1_watts"], 70.5);
    assert_eq!(first["gpu1_hz"], 1.5e9);
    assert!(!first.contains_key("gpu1_celsius"));
    card.card.millijoules.set(Some(71_500));
    assert_eq!(read(&mut card, 1)["gpu1_joules"], 70.5);
    card.card.millijoules.set(Some(3));
    assert!(
        !read(&mut card, 2).contains_key("gpu1_joules"),
        "the driver was loaded anew"
    );
}

#[test]
fn memory_that_is_not_supported_is_missing_with_a_reason_and_never_zero() {
    let mut card = Nvidia::new(Fake::default(), "gpu0".to_owned());
    let readings = read(&mut card, 0);
    assert!(
        !readings.keys().any(|name| name.contains("bytes")),
        "{readings:?}"
    );
    let absent = card.memory().unwrap_err();
    for word in ["Example 9000", "not supported", "system's memory"] {
        assert!(absent.reason.contains(word), "{word}: {absent}");
    }
}

#[test]
fn a_card_without_counter_and_power_is_no_source_and_one_with_power_is() {
    let card = Nvidia::new(Fake::default(), "gpu0".to_owned());
    assert!(
        card.energy()
            .unwrap_err()
            .reason
            .contains("neither energy nor power")
    );
    assert!(!card.measures_energy());
    let fake = Fake {
        milliwatts: Some(1),
        ..Fake::default()
    };
    let card = Nvidia::new(fake, "gpu0".to_owned());
    assert_eq!(card.energy(), Ok("power readings"));
}

#[test]
fn a_card_is_seen_without_its_driver_and_a_sound_chip_is_no_card() {
    let tree = tempfile::tempdir().unwrap();
    let device = |slot: &str, vendor: &str, class: &str| {
        let folder = tree.path().join("sys/bus/pci/devices").join(slot);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("vendor"), vendor).unwrap();
        fs::write(folder.join("class"), class).unwrap();
    };
    let root = Root::at(tree.path());
    assert!(!is_there(root));
    device("0000:00:01.0", "0x8086\n", "0x030000\n");
    device("0000:01:00.1", "0x10de\n", "0x040300\n");
    assert!(!is_there(root));
    device("0000:01:00.0", "0x10de\n", "0x030200\n");
    assert!(is_there(root));
}

#[test]
fn looking_for_the_real_library_never_ends_in_a_panic() {
    if let Err(absent) = all(0) {
        assert!(absent.reason.contains("library"), "{absent}");
    }
}
