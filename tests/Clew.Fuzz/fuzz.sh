#!/usr/bin/env bash
# Fuzzes what reads bytes from outside: fuzz.sh SECONDS [TARGET…]. Needs afl++ (apt-get install afl++). Ends with the crashes of each target.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:?usage: fuzz.sh SECONDS [TARGET…]}
shift
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    targets=(record group segment index head tree replica erasing stub archive note proof)
fi

work=$(mktemp -d)
dotnet build -c Release -v q tests/Clew.Fuzz
cp -r artifacts/bin/Clew.Fuzz/release "$work/plain"
cp -r "$work/plain" "$work/bin"
dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$work/tool" > /dev/null
"$work/tool/sharpfuzz" "$work/bin/Clew.dll"
"$work/tool/sharpfuzz" "$work/bin/ZstdSharp.dll"

export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
failed=0
for target in "${targets[@]}"; do
    dotnet "$work/plain/Clew.Fuzz.dll" seeds "$target" "$work/in-$target"
    afl-fuzz -V "$seconds" -t 10000 -m none -i "$work/in-$target" -o "$work/out-$target" dotnet "$work/bin/Clew.Fuzz.dll" fuzz "$target" > "$work/$target.log" 2>&1 || tail -n 20 "$work/$target.log"
    stats=$work/out-$target/default/fuzzer_stats
    crashes=$(find "$work/out-$target/default/crashes" "$work/out-$target/default/hangs" -name 'id*' 2> /dev/null | wc -l)
    echo "$target: $(sed -n 's/^execs_done *: *//p' "$stats") runs, $(sed -n 's/^corpus_count *: *//p' "$stats") of them kept, $crashes crashes or hangs"
    if [ "$crashes" != 0 ]; then
        failed=1
        echo "  in $work/out-$target; repeat one: dotnet run --project tests/Clew.Fuzz -- run $target FILE"
    fi
done

exit $failed
