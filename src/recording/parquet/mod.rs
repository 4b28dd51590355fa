//! Parquet: tables of samples, in and out.
//!
//! ```text
//! thrift     the compact protocol that footer and page headers are written in
//! footer     which columns there are (`schema`), and in which bytes of the file
//!   page     a column's bytes, page by page: header, unpacked values, definition levels
//!     unpack snappy, lz4, gzip, zstd
//!     hybrid, delta, plain   the encodings of values
//!   column   values of one column in one group of rows
//! read       columns to samples
//! write      samples to a file (feature `tabular`, through polars)
//! ```
//!
//! Files come from anywhere, and their pages carry counts and lengths that a reader must make room for. So they are read
//! here, in small steps that can each fail: nothing in a file can cause a panic, nor take more memory than a file of its
//! length justifies ([`room`]). What is wrong is told with its column, its group of rows and its byte.
//!
//! Format: <https://parquet.apache.org/docs/file-format/>, `parquet.thrift` and `Encodings.md` of apache/parquet-format.

mod bits;
mod column;
mod delta;
mod footer;
mod hybrid;
mod kind;
mod page;
mod plain;
mod read;
mod room;
mod schema;
mod thrift;
mod unpack;
#[cfg(feature = "tabular")]
mod write;

pub(super) use read::read;
#[cfg(feature = "tabular")]
pub(super) use write::write;
