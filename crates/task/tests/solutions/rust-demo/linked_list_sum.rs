struct Node {
    value: i32,
    next: Option<Box<Node>>,
}

fn main() {
    let mut head: Option<Box<Node>> = None;
    for value in [40, 30, 20, 10] {
        head = Some(Box::new(Node { value, next: head }));
    }
    let mut sum = 0;
    let mut here = &head;
    while let Some(node) = here {
        sum += node.value;
        here = &node.next;
    }
    println!("{sum}");
}
