extern "C" int tiny_part() { return 1; }
