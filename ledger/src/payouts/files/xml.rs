//! Reads XML as it comes, element by element, in bounded memory.
//!
//! Elements are told by the path of their names without prefixes. A document type, which could define entities, is refused, and so
//! is anything that is deeper or longer than a file of a bank has a reason to be.

use crate::payouts::rules::statement_file::{TEXT_MAX, Wrong};
use quick_xml::encoding::DecodingReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use std::io::{self, BufRead, Read};
use std::mem::take;

/// The deepest element.
const DEPTH_MAX: usize = 40;

/// The longest tag, text or comment, in bytes.
const PIECE_MAX: usize = 64 * 1024;

/// The most attributes of an element.
const ATTRIBUTES_MAX: usize = 32;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// An element begins; the path leads to it.
    Begins,
    /// An element ends; the path leads to it, and the text is what stood in it after its last child.
    Ends,
}

/// A document that is read.
pub struct Xml<R: BufRead> {
    reader: quick_xml::Reader<Leash<DecodingReader<R>>>,
    buffer: Vec<u8>,
    path: String,
    depth: usize,
    text: String,
    attributes: Vec<(String, String)>,
    /// The element at the end of the path has ended.
    is_over: bool,
    has_root: bool,
    /// Its encoding is one that is known.
    is_known: bool,
}

impl<R: BufRead> Xml<R> {
    /// Reads what bytes say, in the encoding that they say themselves.
    pub fn new(mut source: R) -> Xml<R> {
        // What cannot be read is told when it is read.
        let start = source.fill_buf().unwrap_or_default();
        let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
        let (mut encoding, mut is_known) = (None, true);
        if let Ok(Event::Decl(declared)) = quick_xml::Reader::from_reader(start).read_event() {
            encoding = declared.encoder();
            is_known = encoding.is_some() || declared.encoding().is_none();
        }
        let mut source = DecodingReader::new(source);
        // Set before anything is read: the declaration itself may be longer than what the reader would wait for.
        if let Some(encoding) = encoding {
            source.set_encoding(encoding);
        }
        let mut reader = quick_xml::Reader::from_reader(Leash::new(source));
        reader.config_mut().expand_empty_elements = true;
        Xml {
            reader,
            buffer: Vec::new(),
            path: String::new(),
            depth: 0,
            text: String::new(),
            attributes: Vec::new(),
            is_over: false,
            has_root: false,
            is_known,
        }
    }

    /// The names of the elements from the root on, with a slash before each.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The text of the element that ends, without blanks around it.
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// Attributes of the last element that began, with their names as they are written.
    pub fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }

    /// The line of text up to which it is read, from 1.
    pub fn line(&self) -> u64 {
        self.reader.get_ref().lines + 1
    }

    /// What is wrong here.
    pub fn wrong(&self, what: impl Into<String>) -> Wrong {
        Wrong::new(self.line(), what)
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    ///
    /// What is wrong with the document.
    pub fn piece(&mut self) -> Result<Option<Piece>, Wrong> {
        if !self.is_known {
            return Err(self.wrong("an encoding that is not known"));
        }
        if take(&mut self.is_over) {
            self.path.truncate(self.path.rfind('/').unwrap_or_default());
            self.depth -= 1;
            self.text.clear();
        }
        let mut buffer = take(&mut self.buffer);
        let next = self.step(&mut buffer);
        self.buffer = buffer;
        next
    }

    fn step(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Piece>, Wrong> {
        loop {
            buffer.clear();
            self.reader.get_mut().left = PIECE_MAX;
            match self.reader.read_event_into(buffer) {
                Ok(Event::Start(tag)) => return self.begin(&tag).map(Some),
                Ok(Event::End(_)) => {
                    self.is_over = true;
                    return Ok(Some(Piece::Ends));
                }
                Ok(Event::Text(text)) => self.add(&text)?,
                Ok(Event::CData(text)) => self.add(&text)?,
                Ok(Event::GeneralRef(name)) => {
                    let letter = name.resolve_char_ref().ok().flatten().map(String::from);
                    let known = letter.or_else(|| resolve_xml_entity(&name).map(str::to_owned));
                    let text = known.ok_or_else(|| self.wrong("an entity that XML itself does not know"))?;
                    self.add(&text)?;
                }
                Ok(Event::DocType(_)) => return Err(self.wrong("a document type is not taken")),
                Ok(Event::Eof) if self.depth > 0 => return Err(self.wrong("the document ends in the middle")),
                Ok(Event::Eof) => return Ok(None),
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
                Ok(Event::Empty(_)) => return Err(self.wrong("not well-formed XML")),
                Err(error) => return Err(self.odd(&error)),
            }
        }
    }

    fn odd(&self, error: &quick_xml::Error) -> Wrong {
        let is_too_long = matches!(error, quick_xml::Error::Io(io) if io.kind() == io::ErrorKind::FileTooLarge);
        let what = if is_too_long { "a tag or a text of more than 64 KiB" } else { "not well-formed XML" };
        self.wrong(what)
    }

    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<Piece, Wrong> {
        if self.depth == 0 && self.has_root {
            return Err(self.wrong("a second root element"));
        }
        if self.depth == DEPTH_MAX {
            return Err(self.wrong(format!("elements lie deeper than {DEPTH_MAX}")));
        }
        self.has_root = true;
        self.depth += 1;
        self.path.push('/');
        self.path.push_str(tag.local_name().into_inner());
        self.text.clear();
        self.attributes.clear();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| self.wrong("not well-formed XML"))?;
            if self.attributes.len() == ATTRIBUTES_MAX {
                return Err(self.wrong(format!("more than {ATTRIBUTES_MAX} attributes")));
            }
            let name = attribute.key.into_inner().to_owned();
            self.attributes.push((name, attribute.value.into_owned()));
        }
        Ok(Piece::Begins)
    }

    fn add(&mut self, text: &str) -> Result<(), Wrong> {
        self.text.push_str(text);
        // A character has four bytes at most, and is counted only where that could matter.
        if self.text.len() > TEXT_MAX && self.text.trim().chars().count() > TEXT_MAX {
            return Err(self.wrong(format!("a text of more than {TEXT_MAX} characters")));
        }
        Ok(())
    }
}

/// Lets a reader take so many bytes and no more, and counts the lines that it takes.
struct Leash<R> {
    inner: R,
    left: usize,
    lines: u64,
}

impl<R: BufRead> Leash<R> {
    fn new(inner: R) -> Leash<R> {
        Leash { inner, left: PIECE_MAX, lines: 0 }
    }
}

impl<R: BufRead> Read for Leash<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let length = from.len().min(to.len());
        to[..length].copy_from_slice(&from[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Leash<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let bytes = self.inner.fill_buf()?;
        Ok(&bytes[..bytes.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(bytes) = self.inner.fill_buf() {
            let taken = bytes.iter().take(amount).filter(|byte| **byte == b'\n').count();
            self.lines += u64::try_from(taken).unwrap_or(u64::MAX);
        }
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, Wrong> {
        let mut xml = Xml::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some(piece) = xml.piece()? {
            if piece == Piece::Ends {
                found.push(format!("{}={}", xml.path(), xml.text()));
            }
        }
        Ok(found)
    }

    #[test]
    fn elements_are_told_by_their_path_without_prefixes_and_with_their_text() {
        let text = "<?xml version=\"1.0\"?>\n<a:x xmlns:a=\"u\"><a:y k=\"v\"> 1 &amp; &#50; </a:y><!-- no --><z/><y><![CDATA[<3]]></y></a:x>";
        assert_eq!(read(text).unwrap(), ["/x/y=1 & 2", "/x/z=", "/x/y=<3", "/x="]);
    }

    #[test]
    fn l7_what_could_be_endless_or_lead_elsewhere_is_refused_with_its_line() {
        let deep = format!("{}{}", "<a>".repeat(41), "</a>".repeat(41));
        let long = format!("<a>{}</a>", "x".repeat(TEXT_MAX + 1));
        let endless = format!("<a b=\"{}\"/>", "x".repeat(PIECE_MAX));
        let attributes: String = (0..33).map(|place| format!(" a{place}=\"\"")).collect();
        let many = format!("<a{attributes}/>");
        for (text, at, what) in [
            ("<!DOCTYPE a [<!ENTITY b \"c\">]>\n<a>&b;</a>", 1, "document type"),
            ("<a>\n&b;</a>", 2, "entity"),
            ("<a>\n<b></a>", 2, "well-formed"),
            ("<a>\n", 2, "in the middle"),
            ("<a/>\n<b/>", 2, "second root"),
            (deep.as_str(), 1, "deeper"),
            (long.as_str(), 1, "characters"),
            (endless.as_str(), 1, "64 KiB"),
            (many.as_str(), 1, "attributes"),
        ] {
            let wrong = read(text).expect_err(what);
            assert!(wrong.at == at && wrong.to_string().contains(what), "{wrong}");
        }
    }

    #[test]
    fn a_document_is_read_in_the_encoding_that_it_names() {
        let found = |bytes: &[u8]| {
            let (mut xml, mut found) = (Xml::new(bytes), String::new());
            while let Some(piece) = xml.piece()? {
                if piece == Piece::Ends {
                    found = xml.text().to_owned();
                }
            }
            Ok::<String, Wrong>(found)
        };
        let long = " ".repeat(100);
        for latin in [
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>caf\xe9</a>".to_vec(),
            [format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"{long}?><a>caf").as_bytes(), b"\xe9</a>"].concat(),
        ] {
            assert_eq!(found(&latin).unwrap(), "café");
        }
        let sixteen: Vec<u8> = "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>café</a>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(found(&sixteen).unwrap(), "café");
        assert_eq!(found("\u{feff}<?xml version=\"1.0\"?><a>café</a>".as_bytes()).unwrap(), "café");
        assert!(
            found(b"<?xml version=\"1.0\" encoding=\"EBCDIC-1\"?><a/>").unwrap_err().to_string().contains("encoding")
        );
        assert!(found(b"<a>caf\xe9</a>").is_err(), "no UTF-8");
        // A second declaration changes nothing.
        assert!(found(b"<a><?xml version=\"1.0\" encoding=\"UTF-16\"?>x</a>").is_ok_and(|text| text == "x"));
    }
}
