//! Tables of samples with commas, semicolons or tabs, long and wide; the first byte chooses a header or leaves it open.
#![no_main]

use coalmine_fuzz::modestly;
use libfuzzer_sys::fuzz_target;

const HEADERS: [&str; 6] = [
    "",
    "time,name,job,value\n",
    "timestamp_ms;series;value\n",
    "time\tup{job=\"a\"}\tdown\n",
    "ts,up,\"http_requests_total{code=\"\"200\"\"}\"\n",
    "date,metric,value,instance\n",
];

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else {
        return;
    };
    let table = [HEADERS[usize::from(first) % HEADERS.len()].as_bytes(), rest].concat();
    let _ = modestly(&table, || coalmine::recording::read("fuzz", &table, None));
});
