export function checkThreats() {
  return [];
}
