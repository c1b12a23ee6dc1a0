//! An array parameter of elements of one width, kept in its binary form: written once, and sent as it is.

use bytes::{BufMut, BytesMut};
use std::error::Error;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

/// The elements of an array without nulls, each after its length, as PostgreSQL reads them.
///
/// An element is the big-endian bytes of an integer, or the bytes of a uuid; PostgreSQL refuses another width than that of
/// the parameter's type.
#[derive(Debug, Default)]
pub(super) struct Column {
    elements: Vec<u8>,
    count: i32,
}

impl Column {
    pub(super) fn push<const WIDTH: usize>(&mut self, element: [u8; WIDTH]) {
        self.elements.extend_from_slice(&(WIDTH as i32).to_be_bytes());
        self.elements.extend_from_slice(&element);
        self.count += 1;
    }
}

impl ToSql for Column {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Kind::Array(element) = ty.kind() else { return Err(format!("{ty} is no array").into()) };
        let dimensions = i32::from(self.count > 0);
        out.put_i32(dimensions);
        /* no nulls */
        out.put_i32(0);
        out.put_u32(element.oid());
        if dimensions == 1 {
            out.put_i32(self.count);
            /* the first place */
            out.put_i32(1);
            out.put_slice(&self.elements);
        }
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(ty.kind(), Kind::Array(_))
    }

    to_sql_checked!();
}
