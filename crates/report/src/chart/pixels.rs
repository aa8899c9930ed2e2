//! SVG to PNG with the fonts that are shipped: the same bytes on every machine, also where no font
//! is installed.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Units of a drawing on an inch, as in CSS.
const UNITS_PER_INCH: f64 = 96.0;
/// Millimetres of an inch, a thousand of which are a metre.
const INCH_MM: f64 = 25.4;
/// Bytes before the first chunk that may say the resolution: the signature, and the header's chunk.
const BEFORE_RESOLUTION: usize = 8 + 25;

const REGULAR: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/DejaVuSans-Bold.ttf");

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The drawing as PNG, with so many dots on an inch; the file says so, and keeps the drawing's size on paper.
pub(super) fn png(svg: &str, dpi: u16) -> Result<Vec<u8>, String> {
    let options = Options {
        fontdb: Arc::clone(&FONTS),
        font_family: "DejaVu Sans".into(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| error.to_string())?;
    let size = tree.size().to_int_size();
    let zoom = (f64::from(dpi) / UNITS_PER_INCH) as f32;
    let (width, height) = (size.width() as f32 * zoom, size.height() as f32 * zoom);
    let mut pixels =
        Pixmap::new(width.round() as u32, height.round() as u32).ok_or("it has no size")?;
    resvg::render(
        &tree,
        Transform::from_scale(zoom, zoom),
        &mut pixels.as_mut(),
    );
    let mut bytes = pixels.encode_png().map_err(|error| error.to_string())?;
    bytes.splice(BEFORE_RESOLUTION..BEFORE_RESOLUTION, resolution(dpi));
    Ok(bytes)
}

/// The chunk `pHYs`: dots on a metre, across and down.
fn resolution(dpi: u16) -> Vec<u8> {
    let per_metre = (f64::from(dpi) * 1000.0 / INCH_MM).round() as u32;
    let per_metre = per_metre.to_be_bytes();
    let body = [&b"pHYs"[..], &per_metre, &per_metre, &[1]].concat();
    let mut sum = flate2::Crc::new();
    sum.update(&body);
    let length = (body.len() as u32 - 4).to_be_bytes();
    [&length[..], &body, &sum.sum().to_be_bytes()].concat()
}
