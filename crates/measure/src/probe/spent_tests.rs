//! Processes made of files.

use std::fs;
use std::path::Path;

use super::*;

/// A process with a name that looks like the end of one, and these times.
fn process(tree: &Path, process: &str, times: [u64; 4]) {
    let folder = tree.join("proc").join(process);
    fs::create_dir_all(&folder).unwrap();
    let [user, system, waited, of_waited] = times;
    let text = format!("7 (a) b) S 1 7 7 0 -1 0 1 2 3 4 {user} {system} {waited} {of_waited} 20 0");
    fs::write(folder.join("stat"), text).unwrap();
}

fn children(tree: &Path, thread: &str, all: &str) {
    let folder = tree.join("proc/self/task").join(thread);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("children"), all).unwrap();
}

fn read(spent: &mut Spent<'_>) -> Option<f64> {
    let mut readings = Readings::new();
    spent.read(0, &mut readings);
    readings.get("process_cpu_seconds").copied()
}

#[test]
fn own_time_that_of_children_and_of_those_they_waited_for_is_added_up() {
    let tree = tempfile::tempdir().unwrap();
    process(tree.path(), "self", [100, 10, 0, 0]);
    process(tree.path(), "8", [5, 5, 0, 0]);
    children(tree.path(), "7", "8 \n");
    children(tree.path(), "9", "");
    let mut spent = Spent::new(Root::at(tree.path()));
    assert_eq!(read(&mut spent), Some(0.0));
    assert!(spent.is_read_in_laps(), "phases have their own");
    process(tree.path(), "self", [150, 20, 0, 0]);
    process(tree.path(), "8", [5, 5, 30, 10]);
    assert_eq!(read(&mut spent), Some(1.0));
    // The child has ended and was waited for: nothing is counted twice.
    process(tree.path(), "self", [150, 20, 35, 15]);
    fs::remove_dir_all(tree.path().join("proc/8")).unwrap();
    assert_eq!(read(&mut spent), Some(0.0));
}

#[test]
fn time_that_is_gone_hides_the_interval_and_a_machine_that_tells_nothing_has_no_reading() {
    let tree = tempfile::tempdir().unwrap();
    let mut silent = Spent::new(Root::at(tree.path()));
    assert_eq!(read(&mut silent), None);
    process(tree.path(), "self", [100, 0, 0, 0]);
    process(tree.path(), "8", [50, 0, 0, 0]);
    children(tree.path(), "7", "8");
    let mut spent = Spent::new(Root::at(tree.path()));
    fs::remove_dir_all(tree.path().join("proc/8")).unwrap();
    assert_eq!(read(&mut spent), None);
    process(tree.path(), "self", [110, 0, 0, 0]);
    assert_eq!(read(&mut spent), Some(0.1));
}
