#if __GNUC__ > 14
