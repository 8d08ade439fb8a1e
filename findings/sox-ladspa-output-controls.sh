#!/usr/bin/env bash
# SoX 14.4.2 asks for an argument for every control port of a LADSPA plugin, those that the plugin writes too: the mono
# compressor of Debian's swh-plugins has 7 controls and 2 meters, and takes 9 numbers. What stands for the meters
# changes nothing; but where a meter comes before a control, each later number means another control than it
# does to a host that counts inputs alone. Debian's packages, unpacked in a folder, not installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
sox=14.4.2+git20190427-3.5
apt-get download -qq "sox=$sox" "libsox3=$sox" "libsox-fmt-base=$sox" swh-plugins=0.4.17-2 \
  libltdl7=2.4.7-7~deb12u1 libmagic1=1:5.44-3 libpng16-16=1.6.39-2+deb12u6 libgsm1=1.0.22-1 2>/dev/null
for package in *.deb; do dpkg -x "$package" root; done
libraries=$(dirname "$(find root -name 'libsox.so.3' | head -1)")
export LADSPA_PATH=$PWD/root/usr/lib/ladspa LD_LIBRARY_PATH=$libraries
run() { root/usr/bin/sox "$@"; }
run -n -r 48000 -c 1 -b 16 in.wav synth 0.5 sine 440 gain -6
# -D: no dither, which is drawn anew.
compress() { run -D in.wav "$1" ladspa sc4m_1916 sc4m "${@:2}"; }

controls=(1 10 100 -20 4 5 3)
if compress seven.wav "${controls[@]}" 2>said; then
  echo "7 numbers for 7 controls are enough now"
  exit 1
fi
cat said
grep -q 'not enough arguments for control ports' said
compress nine.wav "${controls[@]}" 0 0
compress other.wav "${controls[@]}" -30 -10
cmp nine.wav other.wav
if cmp -s in.wav nine.wav; then
  echo "the compressor changed nothing"
  exit 1
fi
echo "SoX $sox: 7 numbers are refused, 9 taken, the last two without effect"
