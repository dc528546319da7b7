// SPDX-License-Identifier: Apache-2.0
#ifndef CORE_REGISTRY_H_
#define CORE_REGISTRY_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <core/log.h>

namespace core {

// Entries by name, filled by static objects before main(). Entry needs a member `name`.
template <typename Entry>
class Registry {
 public:
  static Registry& get() {
    static Registry registry;
    return registry;
  }

  Entry& add(const std::string& name) {
    std::unique_ptr<Entry>& slot = entries_[name];
    CORE_CHECK(slot == nullptr) << name << " is registered twice";
    slot.reset(new Entry());
    slot->name = name;
    return *slot;
  }

  // nullptr where there is none.
  const Entry* find(const std::string& name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second.get();
  }

  // Sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : entries_) all.push_back(entry.first);
    return all;
  }

 private:
  std::map<std::string, std::unique_ptr<Entry>> entries_;
};

}  // namespace core

#endif  // CORE_REGISTRY_H_
