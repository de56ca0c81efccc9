//! The directory of a ZIP archive (PKWARE APPNOTE.TXT 6.3), enough to tell a whole office file from a damaged one.
//! Nothing is unpacked.

const END: &[u8; 4] = b"PK\x05\x06";
const END_LENGTH: usize = 22;
const ENTRY: &[u8; 4] = b"PK\x01\x02";
const ENTRY_LENGTH: usize = 46;
/// The end record is followed by a comment of at most that many bytes.
const MAX_COMMENT: usize = u16::MAX as usize;

/// The names in an archive.
pub(super) struct Archive<'a> {
    names: Vec<&'a [u8]>,
}

impl<'a> Archive<'a> {
    /// Reads the directory; `None` when it is not whole, or has no entries.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let earliest = bytes.len().saturating_sub(END_LENGTH + MAX_COMMENT);
        let tail = &bytes[earliest..];
        let end = earliest + tail.windows(END.len()).rposition(|window| window == END)?;
        let total = usize::from(number16(bytes, end + 10)?);
        let size = usize::try_from(number32(bytes, end + 12)?).ok()?;
        let start = usize::try_from(number32(bytes, end + 16)?).ok()?;
        let comment = usize::from(number16(bytes, end + 20)?);
        if end + END_LENGTH + comment > bytes.len() || start.checked_add(size)? > end {
            return None;
        }

        let mut directory = bytes.get(start..start + size)?;
        let mut names = Vec::new();
        for _ in 0..total {
            if !directory.starts_with(ENTRY) {
                return None;
            }
            let name = usize::from(number16(directory, 28)?);
            let extra = usize::from(number16(directory, 30)?);
            let comment = usize::from(number16(directory, 32)?);
            names.push(directory.get(ENTRY_LENGTH..ENTRY_LENGTH + name)?);
            directory = directory.get(ENTRY_LENGTH + name + extra + comment..)?;
        }
        (!names.is_empty()).then_some(Self { names })
    }

    /// How many names are of some sort.
    pub(super) fn count(&self, sort: impl Fn(&[u8]) -> bool) -> u32 {
        let count = self.names.iter().filter(|name| sort(name)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}

fn number16(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    field.try_into().ok().map(u16::from_le_bytes)
}

fn number32(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    field.try_into().ok().map(u32::from_le_bytes)
}
