//! Elements and texts of XML, written one after the other to wherever they go.

use crate::money::Currency;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::io::{self, Write};

/// A document as far as it is written.
pub(super) struct Elements<W: Write>(Writer<W>);

impl<W: Write> Elements<W> {
    /// Begins a document of a namespace.
    pub(super) fn document(to: W, namespace: &str) -> io::Result<Elements<W>> {
        let mut xml = Elements(Writer::new_with_indent(to, b' ', 1));
        xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        xml.0.write_event(Event::Start(BytesStart::new("Document").with_attributes([("xmlns", namespace)])))?;
        Ok(xml)
    }

    /// Ends it.
    pub(super) fn end(mut self) -> io::Result<W> {
        self.close("Document")?;
        let mut to = self.0.into_inner();
        to.write_all(b"\n")?;
        Ok(to)
    }

    pub(super) fn open(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::Start(BytesStart::new(name)))
    }

    pub(super) fn close(&mut self, name: &str) -> io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    pub(super) fn leaf(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.open(name)?;
        self.0.write_event(Event::Text(BytesText::new(text)))?;
        self.close(name)
    }

    /// A leaf below elements that hold nothing else.
    pub(super) fn path(&mut self, names: &[&str], text: &str) -> io::Result<()> {
        let Some((leaf, above)) = names.split_last() else { return Ok(()) };
        for name in above {
            self.open(name)?;
        }
        self.leaf(leaf, text)?;
        for name in above.iter().rev() {
            self.close(name)?;
        }
        Ok(())
    }

    /// An amount with its currency.
    pub(super) fn amount(&mut self, name: &str, minor: impl Into<i128>, currency: Currency) -> io::Result<()> {
        let begins = BytesStart::new(name).with_attributes([("Ccy", currency.code())]);
        self.0.write_event(Event::Start(begins))?;
        self.0.write_event(Event::Text(BytesText::new(&currency.format(minor))))?;
        self.close(name)
    }
}
