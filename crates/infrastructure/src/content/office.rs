//! Office files: ZIP archives told apart by the names of their members (ECMA-376, ISO/IEC 26300).

const LOCAL_HEADER: &[u8] = b"PK\x03\x04";
const NAME_LENGTH_AT: usize = 26;
const NAME_AT: usize = 30;

/// Whether it is a ZIP archive of any kind.
pub(super) fn is_archive(head: &[u8]) -> bool {
    head.starts_with(LOCAL_HEADER)
}

/// The media type of an archive that is an office file.
pub(super) fn media_type(head: &[u8]) -> Option<&'static str> {
    open_document(head).or_else(|| open_xml(head))
}

/// Its first member is stored, not compressed, and says what it is.
fn open_document(head: &[u8]) -> Option<&'static str> {
    let rest = head.get(NAME_AT..)?.strip_prefix(b"mimetype")?;
    [
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
    ]
    .into_iter()
    .find(|media_type| {
        // The next member's header follows: a longer name would be another type, such as `…text-template`.
        rest.strip_prefix(media_type.as_bytes()).is_some_and(|after| after.starts_with(LOCAL_HEADER))
    })
}

/// It has a table of contents, and a folder that only one kind has.
fn open_xml(head: &[u8]) -> Option<&'static str> {
    let names: Vec<&[u8]> = member_names(head).collect();
    if !names.contains(&b"[Content_Types].xml".as_slice()) {
        return None;
    }
    [
        (b"word/".as_slice(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ]
    .into_iter()
    .find(|(folder, _)| names.iter().any(|name| name.starts_with(folder)))
    .map(|(_, media_type)| media_type)
}

fn member_names(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.windows(LOCAL_HEADER.len()).enumerate().filter(|(_, window)| *window == LOCAL_HEADER).filter_map(
        |(at, _)| {
            let header = head.get(at..)?;
            let length = header.get(NAME_LENGTH_AT..NAME_LENGTH_AT + 2)?;
            let length = usize::from(u16::from_le_bytes(length.try_into().ok()?));
            header.get(NAME_AT..NAME_AT + length)
        },
    )
}
